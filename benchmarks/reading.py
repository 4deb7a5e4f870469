"""Time reading all ratings of the database at `DATABASE_URL` into columns, compared with the database's own speed.

    DATABASE_URL=… .venv/bin/python -m benchmarks.reading [--runs 5]

The baseline on PostgreSQL is `psql -c "COPY … TO STDOUT (FORMAT binary)" > /dev/null`, on SQLite a scan of the four
columns inside the database. On SQLite, `rows` reads the same columns by `fetchmany`, a tuple per row, and shows what
`movies.columns.sqlite` saves. The measurements alternate, each in a fresh process; the output shows medians and ratios.
The server's processor time is read from /proc, which requires a superuser and a server on this machine.
"""

import argparse
import json
import sqlite3
import tempfile
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.support.measuring import SERVER_CPU, TICKS, Cost, django, measured, run, run_module, server_cpu, show

COLUMNS = "user_id, movie_id, half_stars, rated_at"
ROWS_PER_FETCH = 1_000
"""The fastest of 1,000, 10,000 and 50,000."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=WORK, help="run this step alone and print its cost as JSON")
    options = parser.parse_args()
    database = django()
    if options.only:
        WORK[options.only](database)
        return
    skipped = {"rows"} if "postgresql" in database["ENGINE"] else set()
    costs: dict[str, list[Cost]] = {name: [] for name in WORK if name not in skipped}
    for _ in range(options.runs):
        for name, measurements in costs.items():
            measurements.append(run_module("benchmarks.reading", "--only", name))
    median = {name: Cost.median(measurements) for name, measurements in costs.items()}
    limits = {"columns": 1.5 if "postgresql" in database["ENGINE"] else 0.0}
    table = [(name, cost, median["baseline"], limits.get(name, 0.0)) for name, cost in median.items()]
    show(f"reading all ratings, median of {options.runs}; matrix limit 10 s, columns 2,048 MB", table)


def baseline(database: dict[str, Any]) -> None:
    if "postgresql" in database["ENGINE"]:
        cost = _psql(database)
    else:
        connection = sqlite3.connect(database["NAME"])
        sql = "SELECT sum(user_id + movie_id + half_stars + rated_at) FROM movies_rating"
        measured(lambda: f"sum {connection.execute(sql).fetchone()[0]}", lambda: 0.0)
        return
    print(json.dumps(asdict(cost)))


def _psql(database: dict[str, Any]) -> Cost:
    name = f"host={database['HOST']} port={database['PORT']} user={database['USER']} dbname={database['NAME']}"
    copy = f"COPY movies_rating ({COLUMNS}) TO STDOUT (FORMAT binary)"
    with tempfile.TemporaryDirectory() as folder:
        ticks = Path(folder) / "ticks"
        command = ["psql", "-qAt", name, "-c", copy, "-c", f"\\o {ticks}", "-c", SERVER_CPU]
        cost, _ = run(["sh", "-c", '"$@" > /dev/null', "sh", *command], {"PGPASSWORD": database["PASSWORD"]})
        server = float(ticks.read_text()) / TICKS
    return Cost(cost.wall, cost.cpu + server)


def columns(database: dict[str, Any]) -> None:
    from movies import columns as reader  # noqa: PLC0415 - after Django is set up

    server_cpu()
    measured(lambda: f"{len(reader.ratings().user_ids):,} ratings", server_cpu)


def rows(database: dict[str, Any]) -> None:
    """Read the same columns from SQLite by `fetchmany`, the fastest way through Python objects."""
    from django.db import connection  # noqa: PLC0415 - its pragmas are those of `columns`

    from movies import columns as reader  # noqa: PLC0415

    dtypes = (np.int32, np.int32, np.int8, np.int64)

    def read() -> str:
        connection.ensure_connection()
        cursor = connection.connection.execute(f"SELECT {COLUMNS} FROM movies_rating")  # noqa: S608 - our own names
        parts = []
        while batch := cursor.fetchmany(ROWS_PER_FETCH):
            table = np.fromiter(chain.from_iterable(batch), np.int64, 4 * len(batch)).reshape(-1, 4)
            parts.append([column.astype(dtype) for column, dtype in zip(table.T, dtypes, strict=True)])
        joined = [np.concatenate(pieces) for pieces in zip(*parts, strict=True)]
        return f"{len(reader.in_order(joined).user_ids):,} ratings"

    measured(read, lambda: 0.0)


def matrix(database: dict[str, Any]) -> None:
    """Measure building the sparse matrix from the columns; reading them is not measured."""
    from movies import columns as reader  # noqa: PLC0415
    from recommendations.engine.data.interactions import Interactions  # noqa: PLC0415

    ratings = reader.ratings()

    def build() -> str:
        interactions = Interactions.from_columns(
            ratings.user_ids, ratings.movie_ids, ratings.half_stars, ratings.rated_at
        )
        return f"{interactions.matrix(interactions.half_stars.astype(np.float32)).nnz:,} cells"

    measured(build, lambda: 0.0)


WORK = {"baseline": baseline, "columns": columns, "rows": rows, "matrix": matrix}


if __name__ == "__main__":
    main()
