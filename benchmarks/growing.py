"""What a site of one size costs from its load to everybody's lists, to be set beside a site of another size.

    RATINGS_PARTITIONS=8 RECOMMENDER_ARTIFACTS=WORK/versions DATABASE_URL=postgres://…/large_benchmark \\
        .venv/bin/python -m benchmarks.growing FOLDER WORK [load read export train lists]

loads a MovieLens release into an empty database, reads all its ratings for a training, exports them as Parquet, trains
on the people of one part of the export, so that a machine is large enough, and writes everybody's first hundred, by
fold-in for all the others.  Each step is a process of its own; named, only those are done.  Server work is kept in one
process (no parallel index builds), so that its processor time can be read from /proc, which takes a superuser and a
server on this machine.
"""

import argparse
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.support.measuring import django, itself, measured, server_cpu

QUICK = ("dimension=32", "epochs=2", "threads=2")
N = 100


def load(release: Path, work: Path) -> str:
    from django.core.management import call_command  # noqa: PLC0415 - after Django is set up
    from django.db import connection  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("load_movielens", release, json=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return f"{cursor.fetchone()[0] / 1e9:.2f} GB in the database"


def read(release: Path, work: Path) -> str:
    from movies import columns  # noqa: PLC0415

    return f"{len(columns.ratings().user_ids):,} ratings"


def export(release: Path, work: Path) -> str:
    from movies.transfer import parquet  # noqa: PLC0415

    written = parquet.export(work / "ratings")
    return f"{written:,} ratings, {_size(work / 'ratings') / 1e9:.2f} GB"


def train(release: Path, work: Path) -> str:
    from django.core.management import call_command  # noqa: PLC0415

    some = work / "some"
    part = sorted((work / "ratings").glob("part=*"))[0]
    shutil.copytree(part, some / part.name, dirs_exist_ok=True)
    parameters = [tuple(one.split("=")) for one in QUICK]
    given = [(name, int(value)) for name, value in parameters]
    call_command("retrain", ratings=some, recipe="article", set=given, force=True, json=True)
    return f"{', '.join(QUICK)}, a part of the people"


def lists(release: Path, work: Path) -> str:
    from django.core.management import call_command  # noqa: PLC0415

    output = work / "lists.parquet"
    call_command("recommend", all=True, output=output, n=N)
    return f"{output.stat().st_size / 1e9:.2f} GB of lists"


STEPS: dict[str, Callable[[Path, Path], str]] = {step.__name__: step for step in (load, read, export, train, lists)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", type=Path, metavar="FOLDER")
    parser.add_argument("work", type=Path)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"of {', '.join(STEPS)}; by default all")
    parser.add_argument("--only", choices=STEPS, help="do this one thing and print its cost as JSON")
    options = parser.parse_args()
    if unknown := set(options.steps) - set(STEPS):
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    os.environ["PGOPTIONS"] = "-c max_parallel_maintenance_workers=0"
    if options.only:
        django()
        measured(lambda: STEPS[options.only](options.release, options.work), server_cpu)
        return
    options.work.mkdir(parents=True, exist_ok=True)
    for name in options.steps or STEPS:
        cost = itself("benchmarks.growing", str(options.release), str(options.work), "--only", name)
        spent = f"{cost.wall:7.0f} s, processor {cost.cpu:7.1f} s, {cost.megabytes:6,.0f} MB"
        print(f"{name:6} {spent}: {cost.note}", flush=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


if __name__ == "__main__":
    main()
