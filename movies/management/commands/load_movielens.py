"""`manage.py load_movielens`: load a MovieLens release into the database."""

import gc
import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from rich.console import Console

from movies.loading.load import Summary, load
from movies.management.output import load_progress, load_table
from movies.sources.movielens.archive import UnreadableReleaseError
from movies.sources.movielens.rejects import DEFAULT_LIMIT, Limit, Rejects, TooManyRejectsError
from movies.sources.movielens.releases import open_release

UNREADABLE, TOO_MANY_REJECTS, INTERRUPTED = 1, 3, 130


class Command(BaseCommand):
    help = (
        "Load a MovieLens release (ml-100k to ml-32m) into the database in one transaction. Reloading the same release "
        "is a no-op; a newer release adds and updates rows; ratings of members are never changed. Exit codes: "
        f"0 loaded, {UNREADABLE} not a readable release, {TOO_MANY_REJECTS} too many bad rows, "
        f"{INTERRUPTED} interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="folder or zip of the release")
        parser.add_argument(
            "--max-rejects",
            type=limit,
            default=DEFAULT_LIMIT,
            metavar="N|N%",
            help="bad rows tolerated per file, as a number or a share (default 0.1%%); more abort the load",
        )
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="write line and reason of each bad row to FILE"
        )
        parser.add_argument(
            "--replace", action="store_true", help="replace what earlier loads wrote; ratings of members are kept"
        )
        parser.add_argument("--json", action="store_true", help="print only a summary, as a JSON object")

    def handle(self, *, path: Path, max_rejects: Limit, rejects: Path | None, replace: bool, **options: Any) -> None:
        console = Console(stderr=True)
        # Imported modules stay alive anyway; frozen, they are not scanned by each garbage collection of a long load.
        gc.freeze()
        with rejects.open("w", encoding="utf-8", errors="replace") if rejects else nullcontext() as report:
            rejected = Rejects(limit=max_rejects, report=report)
            try:
                with load_progress(console) as progress, open_release(path, rejected, progress) as release:
                    summary = load(release, replace=replace)
            except UnreadableReleaseError as error:
                raise CommandError(str(error), returncode=UNREADABLE) from error
            except TooManyRejectsError as error:
                message = f"{error} Fix them, or raise --max-rejects."
                raise CommandError("\n".join([*rejected.examples, message]), returncode=TOO_MANY_REJECTS) from error
            except KeyboardInterrupt as error:
                raise CommandError("Interrupted; nothing was loaded.", returncode=INTERRUPTED) from error
        for line in rejected.examples:
            console.print(line, style="yellow", highlight=False, markup=False)
        self._show(summary, as_json=options["json"])

    def _show(self, summary: Summary, *, as_json: bool) -> None:
        if as_json:
            counts = {kind: vars(written) for kind, written in summary.written.items()}
            self.stdout.write(json.dumps({**counts, "rejected": summary.rejected}))
            return
        Console(file=sys.stdout).print(load_table(summary))
        if summary.changed_nothing:
            self.stdout.write("Nothing changed: the database is up to date with this release.")


def limit(text: str) -> Limit:
    try:
        return Limit.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
