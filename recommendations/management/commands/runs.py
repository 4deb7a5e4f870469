"""`manage.py runs`: list training runs or cancel one."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from rich.console import Console

from recommendations import selectors
from recommendations.management.output.progress import print_json
from recommendations.management.output.run_tables import runs_table
from recommendations.models import TrainingRun
from recommendations.training import runs


class Command(BaseCommand):
    help = "List the latest training runs with requester, progress and result, or cancel one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("-n", type=int, default=20, help="how many runs (default: %(default)s)")
        parser.add_argument("--json", action="store_true", help="print only one JSON array")
        parser.add_argument("--cancel", type=int, metavar="RUN", help="cancel a run; it stops within seconds")

    def handle(self, *, n: int, json: bool, cancel: int | None, **options: Any) -> None:
        runs.reap()
        if cancel is not None:
            self.cancel(cancel)
            return
        latest = selectors.latest_runs(n)
        if json:
            print_json([selectors.run_summary(run) for run in latest])
        else:
            Console(file=sys.stdout).print(runs_table(latest))

    def cancel(self, number: int) -> None:
        run = TrainingRun.objects.filter(pk=number).first()
        if run is None or run.finished_at:
            raise CommandError(f"No run {number} is queued or running.")
        runs.cancel(run)
        self.stdout.write(f"Cancelling run {number}.")
