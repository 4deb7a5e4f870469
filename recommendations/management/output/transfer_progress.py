"""Progress of backups: bars on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from recommendations.backups.create import Progress as Listener

SECONDS_PER_LINE = 5.0
_BYTES = ("verify", "versions")


@contextmanager
def transfer_progress() -> Iterator[Listener]:
    """Yield a listener that shows how many rows of each table, or bytes of files, have passed."""
    console = Console(stderr=True)
    totals: dict[str, int] = {}

    def text(kind: str) -> str:
        return f"{totals[kind] / 1e6:,.1f} MB" if kind in _BYTES else f"{totals[kind]:,}"

    if console.is_terminal:
        columns = (SpinnerColumn(), TextColumn("{task.description:40}"), TextColumn("{task.fields[done]}"))
        with Progress(*columns, TimeElapsedColumn(), console=console) as bars:
            task = bars.add_task("", total=None, done="")

            def show(kind: str, more: int) -> None:
                totals[kind] = totals.get(kind, 0) + more
                bars.update(task, description=kind, done=text(kind))

            yield show
        return
    printed_at = time.monotonic()

    def say(kind: str, more: int) -> None:
        nonlocal printed_at
        totals[kind] = totals.get(kind, 0) + more
        if time.monotonic() - printed_at > SECONDS_PER_LINE:
            printed_at = time.monotonic()
            console.print(f"{kind}: {text(kind)}", highlight=False)

    yield say
