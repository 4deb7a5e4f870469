"""`manage.py evaluate`: evaluate the model and baselines offline."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from rich.console import Console

from recommendations.evaluation import run
from recommendations.management.output.evaluation_tables import evaluation_tables
from recommendations.management.output.progress import print_json
from recommendations.management.parameters import add_training_arguments, training_parameters


class Command(BaseCommand):
    help = "Evaluate the model and baselines on held-out ratings. Nothing is published."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print only the report as one JSON object")
        parser.add_argument("--split", choices=run.SPLITS, default=run.SPLITS[0], help="how ratings are held out")
        parser.add_argument(
            "--beside",
            action="append",
            choices=[*run.baselines(), "none"],
            help="a baseline to compare with, tuned on the same slice; may be repeated",
        )
        parser.add_argument("--seed", type=int, default=0, help="seed that chooses the held-out users or movies")
        add_training_arguments(parser)

    def handle(self, *, json: bool, split: str, beside: list[str] | None, seed: int, **options: Any) -> None:
        console = Console(stderr=True)
        baselines = run.BASELINES if beside is None else [name for name in beside if name != "none"]
        try:
            report = run.evaluate(
                split=split,
                parameters=training_parameters(options),
                beside=baselines,
                seed=seed,
                report=lambda name: console.print(f"{split}: {name}", highlight=False),
            )
        except run.NothingToEvaluateError as error:
            raise CommandError(str(error)) from error
        if json:
            print_json(report)
        else:
            Console(file=sys.stdout).print(*evaluation_tables(report))
