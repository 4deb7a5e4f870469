"""Measure a site of one size end to end, from loading to every user's list, to compare with other sizes.

    RATINGS_PARTITIONS=8 RECOMMENDER_ARTIFACTS=WORK/versions DATABASE_URL=postgres://…/large_benchmark \\
        .venv/bin/python -m benchmarks.growing FOLDER WORK [load read export train lists]

loads a MovieLens release into an empty database, reads all ratings as for training, exports them as Parquet, trains on
the users of one part of the export, so that it fits one machine, and writes every user's top hundred, by fold-in for
the users of the other parts. Each step runs in its own process; name steps to run only those. Server work stays in one
process (no parallel index builds), so that its processor time can be read from /proc, which requires a superuser and a
server on this machine.
"""

import argparse
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.support.measuring import django, measured, run_module, server_cpu

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

    sample = work / "some"
    part = sorted((work / "ratings").glob("part=*"))[0]
    shutil.copytree(part, sample / part.name, dirs_exist_ok=True)
    pairs = [tuple(parameter.split("=")) for parameter in QUICK]
    parameters = [(name, int(value)) for name, value in pairs]
    call_command("retrain", ratings=sample, recipe="article", set=parameters, force=True, json=True)
    return f"{', '.join(QUICK)}, a part of the users"


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
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"{', '.join(STEPS)}; all by default")
    parser.add_argument("--only", choices=STEPS, help="run this step alone and print its cost as JSON")
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
        cost = run_module("benchmarks.growing", str(options.release), str(options.work), "--only", name)
        figures = f"{cost.wall:7.0f} s, processor {cost.cpu:7.1f} s, {cost.megabytes:6,.0f} MB"
        print(f"{name:6} {figures}: {cost.note}", flush=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


if __name__ == "__main__":
    main()
