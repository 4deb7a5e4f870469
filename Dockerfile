# recsite for production: web processes, workers and commands all run from this image.
#
# The tags name a patch release. To pin the bytes as well, look up a digest with
# `docker buildx imagetools inspect python:3.11.14-slim-bookworm` and build with
# `--build-arg RUNTIME_IMAGE=docker.io/library/python:3.11.14-slim-bookworm@sha256:…` (BUILD_IMAGE likewise).
ARG BUILD_IMAGE=docker.io/library/python:3.11.14-bookworm
ARG RUNTIME_IMAGE=docker.io/library/python:3.11.14-slim-bookworm

# The build image brings compilers and headers; nothing but /venv and /app leaves it.
FROM ${BUILD_IMAGE} AS build
# LightFM and Annoy compile for the CPU of the build host by default; the image must run on any.
ENV LIGHTFM_NO_CFLAGS=1 \
    CFLAGS="-O3 -march=x86-64-v2" \
    ANNOY_COMPILER_ARGS="-D_CRT_SECURE_NO_WARNINGS,-fpermissive,-O3,-march=x86-64-v2,-std=c++14"
COPY requirements.txt /
# Test suites that libraries install are a tenth of the environment; pip has nothing to do in production.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-compile --require-hashes -r /requirements.txt \
    && /venv/bin/pip uninstall --yes pip setuptools \
    && find /venv/lib/python3*/site-packages/numpy /venv/lib/python3*/site-packages/scipy \
        /venv/lib/python3*/site-packages/numba /venv/lib/python3*/site-packages/sklearn -type d -name tests -prune -exec rm -r {} + \
    && find /venv -type d -name __pycache__ -prune -exec rm -r {} +
WORKDIR /app
COPY manage.py gunicorn.conf.py LICENSE NOTICE.md ./
COPY recsite recsite
COPY movies movies
COPY recommendations recommendations
# What the processes import is compiled here and now: on a read-only file system each start would compile it again.
RUN export SECRET_KEY=only-for-this-step CELERY_BROKER_URL=memory:// DJANGO_SETTINGS_MODULE=recsite.settings \
    && /venv/bin/python manage.py collectstatic --noinput \
    && /venv/bin/python -c "import django; django.setup(); import recsite.urls, recommendations.training.pipeline; \
        import celery.bin.celery, celery.worker, celery.concurrency.prefork, gunicorn.workers.gthread, psycopg2, redis"

FROM ${RUNTIME_IMAGE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin recsite
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
# New volumes take their owner from these folders; everything else belongs to root and is never written to.
RUN install --directory --owner recsite --group recsite var/artifacts var/posters var/numba
# The root file system may be read-only. Machine code depends on the CPU, so Numba compiles it on the host and keeps it
# in a volume: without one, the first requests after each start would wait for the compiler.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CACHE_DIR=/app/var/numba \
    BIND=0.0.0.0:8000
USER recsite
VOLUME ["/app/var/artifacts", "/app/var/posters", "/app/var/numba"]
EXPOSE 8000
CMD ["gunicorn"]
