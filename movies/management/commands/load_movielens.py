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
from movies.sources.movielens.releases import opened_release

UNREADABLE, TOO_MANY_REJECTS, INTERRUPTED = 1, 3, 130


class Command(BaseCommand):
    help = (
        "Load a MovieLens release (from ml-100k to ml-32m) into the database, all of it or nothing. "
        "Again, it changes nothing; a newer release adds and updates; what visitors rated stays as it is. Exit codes: "
        f"0 loaded, {UNREADABLE} no release or not readable, {TOO_MANY_REJECTS} too many bad rows, "
        f"{INTERRUPTED} interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="folder or zip")
        parser.add_argument(
            "--max-rejects",
            type=limit,
            default=DEFAULT_LIMIT,
            metavar="N|N%",
            help="bear so many bad rows in a file, or such a share of them (default 0.1%%); more abort the load",
        )
        parser.add_argument("--rejects", type=Path, metavar="FILE", help="write every bad row's line and reason there")
        parser.add_argument(
            "--replace", action="store_true", help="take the place of what was loaded before; visitors' ratings stay"
        )
        parser.add_argument("--json", action="store_true", help="print the summary as one JSON object, and only that")

    def handle(self, *, path: Path, max_rejects: Limit, rejects: Path | None, replace: bool, **options: Any) -> None:
        console = Console(stderr=True)
        # What has been imported stays: it need not be gone through each time that rows have come to be many.
        gc.freeze()
        with rejects.open("w", encoding="utf-8", errors="replace") if rejects else nullcontext() as report:
            refused = Rejects(limit=max_rejects, report=report)
            try:
                with load_progress(console) as progress, opened_release(path, refused, progress) as release:
                    summary = load(release, replace=replace)
            except UnreadableReleaseError as error:
                raise CommandError(str(error), returncode=UNREADABLE) from error
            except TooManyRejectsError as error:
                message = f"{error} Mend them, or bear more with --max-rejects."
                raise CommandError("\n".join([*refused.shown, message]), returncode=TOO_MANY_REJECTS) from error
            except KeyboardInterrupt as error:
                raise CommandError("Interrupted; nothing was loaded.", returncode=INTERRUPTED) from error
        for line in refused.shown:
            console.print(line, style="yellow", highlight=False, markup=False)
        self.show(summary, as_json=options["json"])

    def show(self, summary: Summary, *, as_json: bool) -> None:
        if as_json:
            counts = {kind: vars(written) for kind, written in summary.written.items()}
            self.stdout.write(json.dumps({**counts, "rejected": summary.rejected}))
            return
        Console(file=sys.stdout).print(load_table(summary))
        if summary.changed_nothing:
            self.stdout.write("Nothing changed: all of it was there.")


def limit(text: str) -> Limit:
    try:
        return Limit.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
