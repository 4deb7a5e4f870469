"""Progress and summary of a load: bars on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from movies.loading.load import Summary
from movies.sources.movielens.tables import Progress as Listener

SECONDS_PER_LINE = 5.0


@contextmanager
def load_progress(console: Console) -> Iterator[Listener]:
    """Yield a listener that shows the progress of reading."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (TextColumn("{task.description:14}"), BarColumn(), TextColumn("{task.fields[rows]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as bars:
        yield _Bars(bars)


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self.files: dict[str, tuple[object, float]] = {}

    def __call__(self, file: str, done: int, size: int, rows: int) -> None:
        if file not in self.files:
            self.files[file] = (self.bars.add_task(file, total=size, rows=""), time.monotonic())
        task, started = self.files[file]
        self.bars.update(task, completed=done, rows=f"{rows:,} rows, {_rate(rows, started)}/s")  # type: ignore[arg-type]


class _Lines:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.started: dict[str, float] = {}
        self.printed_at = 0.0

    def __call__(self, file: str, done: int, size: int, rows: int) -> None:
        now = time.monotonic()
        started = self.started.setdefault(file, now)
        if done == 0 or (done < size and now - self.printed_at < SECONDS_PER_LINE):
            return
        self.printed_at = now
        share = done / size
        left = (now - started) * (1 - share) / share
        self.console.print(
            f"{file}: {rows:,} rows ({share:.0%}), {_rate(rows, started)} rows/s, {left:.0f} s left", highlight=False
        )


def _rate(rows: int, started: float) -> str:
    return f"{rows / max(time.monotonic() - started, 1e-3):,.0f}"


def load_table(summary: Summary) -> Table:
    """Return a table of the rows that a load added, changed, left unchanged and rejected."""
    table = Table("rows", title="Loaded", title_justify="left")
    for column in ("added", "changed", "unchanged"):
        table.add_column(column, justify="right")
    for kind, written in summary.written.items():
        table.add_row(kind, f"{written.added:,}", f"{written.changed:,}", f"{written.unchanged:,}")
    if summary.rejected:
        table.caption = f"{summary.rejected:,} rows rejected"
    return table
