import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from rich.console import Console

from recommendations import selectors
from recommendations.management.output.progress import gate_table, metrics_table, print_json, progress, seconds_table
from recommendations.management.parameters import add_training_arguments, training_parameters
from recommendations.models import TrainingRun
from recommendations.training import runs
from recommendations.training.pipeline import retrain
from recommendations.training.trainers import trainer_of

FAILED, BUSY, REFUSED, CANCELLED = 1, 3, 4, 130


class Command(BaseCommand):
    help = (
        "Read the ratings, train a model, evaluate it, and publish it as the version that serves. Exit codes: "
        f"0 published, {FAILED} failed, {BUSY} another run holds the lock, {REFUSED} refused by the gate, "
        f"{CANCELLED} cancelled."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as one JSON object, and only that")
        parser.add_argument("--force", action="store_true", help="publish even what the gate refuses; it is recorded")
        parser.add_argument(
            "--trainer",
            choices=TrainingRun.Trainer.values,
            default=TrainingRun.Trainer.LIGHTFM.value,
            help="lightfm: in this process (the default); spark: ALS on the Spark cluster of SPARK_MASTER",
        )
        parser.add_argument(
            "--ratings", type=Path, metavar="FOLDER", help="train on what export_ratings --parquet has written there"
        )
        add_training_arguments(parser)

    def handle(self, *, json: bool, force: bool, trainer: str, ratings: Path | None, **options: Any) -> None:
        asked = {"trainer": trainer, "ratings": str(ratings.resolve()) if ratings else None}
        config = training_parameters(options, lambda given: trainer_of({**asked, "config": given}))
        run = runs.request(parameters={"config": config, "force": force, **asked})
        self.train(run)
        report = selectors.run_report(run)
        if json:
            print_json(report)
        else:
            show(report)
        if run.status == TrainingRun.Status.REFUSED:
            raise CommandError("The gate refused the new version; the old one serves on.", returncode=REFUSED)

    def train(self, run: TrainingRun) -> None:
        try:
            with Interruption() as interruption, progress(Console(stderr=True)) as listener:
                retrain(run, interruption.heard_by(listener))
        except runs.RunInProgressError as error:
            raise CommandError(str(error), returncode=BUSY) from error
        except (runs.RunCancelledError, KeyboardInterrupt) as error:
            raise CommandError(
                f"Run {run.pk} was cancelled; the old version serves on.", returncode=CANCELLED
            ) from error
        except Exception as error:
            raise CommandError(f"Run {run.pk} failed during “{run.phase}”: {error}", returncode=FAILED) from error


class Interruption:
    """Stops a run at its next step, and at once if asked again.

    An exception that a signal raises wherever the program happens to be may be lost in a callback of a library.
    """

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> "Interruption":
        self.before = {sign: signal.signal(sign, self) for sign in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for sign, handler in self.before.items():
            signal.signal(sign, handler)

    def __call__(self, signal_number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def heard_by(self, listener: runs.Listener) -> runs.Listener:
        def hear(phase: str, share: float, message: str) -> None:
            if self.asked:
                raise KeyboardInterrupt
            listener(phase, share, message)

        return hear


def show(report: dict[str, Any]) -> None:
    console = Console(file=sys.stdout)
    version = report["version"]
    console.print(metrics_table(version["metrics"]), seconds_table(report["seconds"]), gate_table(version["gate"]))
    state = "It serves from now on." if version["active"] else "It does not serve."
    console.print(f"Version {version['name']}: {version['ratings']:,} ratings, {version['movies']:,} movies. {state}")
