"""Time the admin's list pages on the database at DATABASE_URL, without writing to it.

DATABASE_URL=postgres://… .venv/bin/python -m benchmarks.admin_pages
"""

import os
import statistics
import time

import django
from django.test import RequestFactory

REPEATS = 20
PAGES = (
    ("movies.Movie", ("", "?p=2", "?p=50", "?q=matrix", "?q=the", "?genres__id__exact=1", "?o=2")),
    (
        "movies.Rating",
        ("", "?p=2", "?p=99", "?q=movielens-1", "?q=matrix", "?half_stars__exact=9", "?movie__id__exact=1"),
    ),
    ("movies.User", ("", "?p=99", "?q=movielens-16", "?is_staff__exact=1")),
    ("movies.Tag", ("", "?q=space")),
    ("movies.MovieTag", ("", "?q=movielens-1")),
    ("movies.Genre", ("",)),
)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsite.settings.base")
    django.setup()
    from django.apps import apps  # noqa: PLC0415 - after Django is set up
    from django.contrib import admin  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    boss = apps.get_model("movies.User")(pk=0, username="boss", is_staff=True, is_superuser=True)
    print(f"{'page':<44}{'median':>8}{'longest':>9} ms{'processor':>12} ms   × SELECT 1")
    for label, queries in PAGES:
        table = admin.site._registry[apps.get_model(label)]
        for query in queries:
            request = RequestFactory().get("/admin/" + query)
            request.user = boss
            wall, processor, base = [], [], []
            for _ in range(REPEATS):
                start = time.perf_counter()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                base.append(1000 * (time.perf_counter() - start))
                start, busy = time.perf_counter(), time.process_time()
                table.changelist_view(request).render()
                wall.append(1000 * (time.perf_counter() - start))
                processor.append(1000 * (time.process_time() - busy))
            median = statistics.median(wall)
            times = f"{median:>8.1f}{max(wall):>9.1f}   {statistics.median(processor):>12.1f}"
            print(f"{label + query:<44}{times}      {median / statistics.median(base):>8.0f}", flush=True)


if __name__ == "__main__":
    main()
