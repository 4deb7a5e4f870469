"""`manage.py tune`: search for better training parameters."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from rich.console import Console

from recommendations.management.output.progress import print_json
from recommendations.training import tuning


class Command(BaseCommand):
    help = "Search for better training parameters within a time budget; the next retraining uses them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--minutes", type=float, default=30, help="start no new trial after this time")
        parser.add_argument("--trials", type=int, help="maximum number of trials")
        parser.add_argument("--seed", type=int, default=0, help="seed of the search")
        parser.add_argument("--forget", action="store_true", help="return to the default parameters without a search")
        parser.add_argument("--json", action="store_true", help="print the result as one JSON object")

    def handle(
        self, *, minutes: float, trials: int | None, seed: int, forget: bool, json: bool, **options: Any
    ) -> None:
        if forget:
            self.stdout.write(f"Deleted {tuning.forget()} search results; trainings start from the defaults.")
            return
        console = Console(stderr=True)
        try:
            result = tuning.tune(
                seconds=minutes * 60,
                trials=trials,
                seed=seed,
                report=lambda number, value, best: console.print(
                    f"trial {number}: NDCG@10 {value:.4f}, best {best:.4f}", highlight=False
                ),
            )
        except tuning.NothingToTuneError as error:
            raise CommandError(str(error)) from error
        if json:
            keys = ("parameters", "found", "default", "trials", "seconds", "ratings")
            print_json({key: getattr(result, key) for key in keys})
        else:
            parameters = result.parameters or "The defaults are best."
            self.stdout.write(f"NDCG@10 on the validation slice: {result}.\n{parameters}")
