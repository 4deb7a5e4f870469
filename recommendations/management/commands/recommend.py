"""`manage.py recommend`: show one user's recommendations, or export all users' lists."""

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
from recsite.operations.machine import usable_cpus

BEST_RATED = 5
SHOW_N, EXPORT_N = 10, 100


class Command(BaseCommand):
    help = (
        "Show a user's recommendations, and above them the movies that they rated best. "
        "With --all, write the lists of all users to a file instead; a stopped export resumes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", nargs="?", help="username, id, or movielens:ID")
        parser.add_argument("-n", type=int, help=f"how many movies (default: {SHOW_N}; with --all {EXPORT_N})")
        parser.add_argument("--json", action="store_true", help="print only one JSON object")
        parser.add_argument("--all", action="store_true", help="export the lists of all users with ratings")
        parser.add_argument("--output", type=Path, metavar="FILE", help="file for --all: .parquet or .csv")
        parser.add_argument("--threads", type=int, default=usable_cpus(), help="threads to rank with")
        executor = parser.add_mutually_exclusive_group()
        executor.add_argument("--queue", action="store_true", help="rank on Celery workers, one task per part")
        executor.add_argument("--spark", action="store_true", help="rank on the Spark cluster of SPARK_MASTER")

    def handle(self, *, user: str | None, n: int | None, all: bool, **options: Any) -> None:  # noqa: A002
        if n is not None and n < 1:
            raise CommandError(f"-n is {n}; it must be at least 1.")
        if all == bool(user) or all != bool(options["output"]):
            raise CommandError("Name one user, or give --all with --output FILE.")
        if user:
            self.show(user, n or SHOW_N, json=options["json"])
        else:
            execution = {name: options[name] for name in ("threads", "queue", "spark")}
            self.export(options["output"].resolve(), n or EXPORT_N, **execution)

    def show(self, name: str, n: int, *, json: bool) -> None:
        try:
            user = user_named(name)
        except UnknownUserError as error:
            raise CommandError(str(error)) from error
        best_rated = list(ratings_of(user, RatingSort.BEST)[:BEST_RATED])
        recommended = recommend(user, n=n)
        if json:
            print_json(recommendations_report(user, best_rated, recommended))
        else:
            show_recommendations(user, best_rated, recommended)

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
        self.stdout.write(f"Wrote {output} from version {export.version}.")
