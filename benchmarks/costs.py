"""Measure the most expensive allowed request of each route on the database at DATABASE_URL.

    ALLOWED_HOSTS=testserver HTTPS=off LOG_LEVEL=CRITICAL DATABASE_URL=… .venv/bin/python -m benchmarks.costs

after `manage.py collectstatic` adds a member with 3,000 ratings (`--ratings`), full lists and groups, sends every form
with that member's rights, and takes all of it back. It prints the processor time of this process, the least of three
runs, its ratio to that of a movie's page in the same process, and the size of the answer. The cap is half a second and
1 MB.
"""

import argparse

from rich.console import Console
from rich.table import Table

from benchmarks.support.measuring import django


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ratings", type=int, default=3_000)
    options = parser.parse_args()
    database = django()
    from django.conf import settings  # noqa: PLC0415 - after Django is set up
    from django.db import transaction  # noqa: PLC0415

    from benchmarks.support import expensive  # noqa: PLC0415
    from benchmarks.support.stage import stage_for  # noqa: PLC0415
    from movies.search import current  # noqa: PLC0415
    from recsite.api import throttling  # noqa: PLC0415

    settings.ACCOUNT_RATE_LIMITS = False
    throttling.count = lambda *_: 1
    table = Table(title=database["ENGINE"].rpartition(".")[2])
    for name in ("route", "status", "CPU s", "× page", "bytes"):
        table.add_column(name, justify="left" if name == "route" else "right")
    current.refresh()
    rows = []
    with transaction.atomic():
        stage = stage_for(options.ratings)
        clients, forms = expensive.clients(stage), expensive.forms(stage)
        page = expensive.cost(clients["member"], forms["movies:detail"][0]).seconds
        for name, of_route in forms.items():
            for form in of_route:
                cost = expensive.cost(clients[form.actor], form)
                rows.append((cost.seconds, f"{form.method.upper()} {name}", cost))
        transaction.set_rollback(True)
    for seconds, name, cost in sorted(rows, key=lambda row: -row[0]):
        table.add_row(name, str(cost.status), f"{seconds:.3f}", f"{seconds / page:.1f}", f"{cost.size:,}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
