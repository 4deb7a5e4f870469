from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from rich.console import Console

from recommendations.management.output.progress import print_json
from recommendations.training import tuning


class Command(BaseCommand):
    help = "Search for better training parameters within a budget of time; the next retraining starts from them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--minutes", type=float, default=30, help="when to begin no more trials")
        parser.add_argument("--trials", type=int, help="how many trials at most")
        parser.add_argument("--seed", type=int, default=0, help="of the search")
        parser.add_argument("--forget", action="store_true", help="go back to the default parameters, and search not")
        parser.add_argument("--json", action="store_true", help="print what was found as one JSON object")

    def handle(
        self, *, minutes: float, trials: int | None, seed: int, forget: bool, json: bool, **options: Any
    ) -> None:
        if forget:
            self.stdout.write(f"{tuning.forget()} searches forgotten; trainings start from the defaults.")
            return
        console = Console(stderr=True)
        try:
            found = tuning.tune(
                seconds=minutes * 60,
                trials=trials,
                seed=seed,
                tell=lambda number, value, best: console.print(
                    f"trial {number}: NDCG@10 {value:.4f}, best {best:.4f}", highlight=False
                ),
            )
        except tuning.NothingToTuneError as error:
            raise CommandError(str(error)) from error
        if json:
            keys = ("parameters", "found", "default", "trials", "seconds", "ratings")
            print_json({key: getattr(found, key) for key in keys})
        else:
            self.stdout.write(f"NDCG@10 on the validation slice: {found}.\n{found.parameters or 'Nothing better.'}")
