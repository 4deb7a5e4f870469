"""`manage.py retrain`: train a model and publish it."""

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
        "Read the ratings, train a model, evaluate it and publish it as the active version. Exit codes: "
        f"0 published, {FAILED} failed, {BUSY} another run holds the lock, {REFUSED} refused by the gate, "
        f"{CANCELLED} cancelled."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print only the result as one JSON object")
        parser.add_argument("--force", action="store_true", help="publish even if the gate refuses; this is recorded")
        parser.add_argument(
            "--trainer",
            choices=TrainingRun.Trainer.values,
            default=TrainingRun.Trainer.LIGHTFM.value,
            help="lightfm: in this process (the default); spark: ALS on the Spark cluster of SPARK_MASTER",
        )
        parser.add_argument(
            "--ratings", type=Path, metavar="FOLDER", help="train on the Parquet files of `export_ratings --parquet`"
        )
        add_training_arguments(parser)

    def handle(self, *, json: bool, force: bool, trainer: str, ratings: Path | None, **options: Any) -> None:
        source = {"trainer": trainer, "ratings": str(ratings.resolve()) if ratings else None}
        config = training_parameters(options, lambda config: trainer_of({**source, "config": config}))
        run = runs.request(parameters={"config": config, "force": force, **source})
        self.train(run)
        report = selectors.run_report(run)
        if json:
            print_json(report)
        else:
            show(report)
        if run.status == TrainingRun.Status.REFUSED:
            raise CommandError("The gate refused the new version; the old one keeps serving.", returncode=REFUSED)

    def train(self, run: TrainingRun) -> None:
        try:
            with Interruption() as interruption, progress(Console(stderr=True)) as listener:
                retrain(run, interruption.interrupting(listener))
        except runs.RunInProgressError as error:
            raise CommandError(str(error), returncode=BUSY) from error
        except (runs.RunCancelledError, KeyboardInterrupt) as error:
            raise CommandError(
                f"Run {run.pk} was cancelled; the old version keeps serving.", returncode=CANCELLED
            ) from error
        except Exception as error:
            raise CommandError(f"Run {run.pk} failed during “{run.phase}”: {error}", returncode=FAILED) from error


class Interruption:
    """Stop a run at its next step on the first signal, and at once on the second.

    The first signal raises nothing: an exception from a signal handler may be lost in a library's callback.
    """

    def __init__(self) -> None:
        self.requested = False

    def __enter__(self) -> "Interruption":
        self.handlers = {number: signal.signal(number, self) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.handlers.items():
            signal.signal(number, handler)

    def __call__(self, signal_number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True

    def interrupting(self, listener: runs.Listener) -> runs.Listener:
        """Wrap a listener so that it raises KeyboardInterrupt after a signal."""

        def listen(phase: str, share: float, message: str) -> None:
            if self.requested:
                raise KeyboardInterrupt
            listener(phase, share, message)

        return listen


def show(report: dict[str, Any]) -> None:
    console = Console(file=sys.stdout)
    version = report["version"]
    console.print(metrics_table(version["metrics"]), seconds_table(report["seconds"]), gate_table(version["gate"]))
    state = "It is now active." if version["active"] else "It is not active."
    console.print(f"Version {version['name']}: {version['ratings']:,} ratings, {version['movies']:,} movies. {state}")
