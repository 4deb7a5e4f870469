import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from rich.console import Console

from movies.selectors import RatingSort, ratings_of
from recommendations.exports.recommendations import Export, ExportError
from recommendations.exports.spark import write_parts
from recommendations.management.output.progress import (
    print_json,
    progress,
    recommendations_report,
    show_recommendations,
)
from recommendations.selectors import UnknownUserError, user_named
from recommendations.serving.recommend import recommend
from recommendations.training.dispatch import BrokerUnavailableError
from recommendations.training.spark import SparkUnavailableError

BEST_RATED = 5
FOR_ONE, FOR_EACH = 10, 100


class Command(BaseCommand):
    help = (
        "Show what somebody sees: their recommendations, and above them the movies that they rated best. "
        "Or, with --all, write everybody's list to a file; stopped, it goes on where it stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", nargs="?", help="username, id, or movielens:ID")
        parser.add_argument("-n", type=int, help=f"how many movies (default: {FOR_ONE}; with --all {FOR_EACH})")
        parser.add_argument("--json", action="store_true", help="print one JSON object, and only that")
        parser.add_argument("--all", action="store_true", help="everybody who has rated something")
        parser.add_argument("--output", type=Path, metavar="FILE", help="where to with --all: .parquet or .csv")
        parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="to rank with")
        others = parser.add_mutually_exclusive_group()
        others.add_argument("--queue", action="store_true", help="let Celery workers do it, a task for each part")
        others.add_argument("--spark", action="store_true", help="let the Spark cluster of SPARK_MASTER do it")

    def handle(self, *, user: str | None, n: int | None, all: bool, **options: Any) -> None:  # noqa: A002
        if n is not None and n < 1:
            raise CommandError(f"-n is {n}; ask for at least 1 movie.")
        if all == bool(user) or all != bool(options["output"]):
            raise CommandError("Name one user, or give --all with --output FILE.")
        if user:
            self.show(user, n or FOR_ONE, json=options["json"])
        else:
            how = {name: options[name] for name in ("threads", "queue", "spark")}
            self.export(options["output"].resolve(), n or FOR_EACH, **how)

    def show(self, user: str, n: int, *, json: bool) -> None:
        try:
            person = user_named(user)
        except UnknownUserError as error:
            raise CommandError(str(error)) from error
        rated = list(ratings_of(person, RatingSort.BEST)[:BEST_RATED])
        found = recommend(person, n=n)
        if json:
            print_json(recommendations_report(person, rated, found))
        else:
            show_recommendations(person, rated, found)

    def export(self, output: Path, n: int, *, threads: int, queue: bool, spark: bool) -> None:
        try:
            export = Export.of_active_version(output, n)
            if queue:
                export.queue_parts()
                self.stdout.write(f"Workers will write {output}.")
                return
            if spark:
                write_parts(export.folder, export.missing)
        except (ExportError, BrokerUnavailableError, SparkUnavailableError, OSError) as error:
            raise CommandError(str(error)) from error
        with progress(Console(stderr=True)) as report:
            missing = export.missing
            for done, part in enumerate(missing, 1):
                export.write_part(part, threads=threads)
                report("rank", done / len(missing), f"part {done} of {len(missing)}")
        export.finish()
        self.stdout.write(f"{output}: version {export.version}")
