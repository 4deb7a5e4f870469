# The production image of recsite: web server, worker, beat and commands all run from it.

FROM python:3.11-slim-bookworm AS build
# By default LightFM and Annoy compile for the CPU of the build machine; the image must run on any.
ENV LIGHTFM_NO_CFLAGS=1 \
    CFLAGS="-O3 -march=x86-64-v2" \
    ANNOY_COMPILER_ARGS="-D_CRT_SECURE_NO_WARNINGS,-fpermissive,-O3,-march=x86-64-v2,-std=c++14"
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /home/recsite --uid 10001 recsite
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CACHE_DIR=/app/var/numba \
    BIND=0.0.0.0:8000
COPY --from=build /venv /venv
COPY . .
RUN mkdir -p var/artifacts \
    && SECRET_KEY=only-for-this-step python manage.py collectstatic --noinput \
    && chown -R recsite var
USER recsite
VOLUME /app/var/artifacts
EXPOSE 8000
CMD ["gunicorn"]
