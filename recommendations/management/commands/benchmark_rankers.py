"""`manage.py benchmark_rankers`: compare the rankers on the active version."""

import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from rich.console import Console

from recommendations.evaluation.ranker_benchmark import NothingServesError, compare_rankers
from recommendations.management.output.progress import print_json
from recommendations.management.output.ranker_tables import rankers_table

WIDTH = 140


class Command(BaseCommand):
    help = (
        "Compare the rankers (full sort, partition, Annoy as in the article and with equal norms, ours) on the active "
        "version's movies, by CPU time of one thread. Only the ratios are comparable between machines."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--items",
            type=int,
            action="append",
            help="catalogue size, such as 1000000, simulated from the version's movies; may be repeated",
        )
        parser.add_argument("--json", action="store_true", help="print only one JSON object")

    def handle(self, *, items: list[int] | None, json: bool, **options: Any) -> None:
        if any(size < 1 for size in items or ()):
            raise CommandError("--items must be at least 1.")
        sizes: list[int | None] = list(items) if items else [None]
        try:
            results = {size: list(compare_rankers(size)) for size in sizes}
        except NothingServesError as error:
            raise CommandError(str(error)) from error
        if json:
            print_json({str(size or "active"): [asdict(row) for row in rows] for size, rows in results.items()})
            return
        for size, rows in results.items():
            title = f"{size:,} movies, simulated" if size else "Movies of the active version"
            Console(file=sys.stdout, width=WIDTH).print(rankers_table(title, rows))
