"""How commands show what goes on: a bar on a terminal, plain lines elsewhere."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from movies.models import Rating, User
from recommendations.serving.results import Entry, Recommendations
from recommendations.training.runs import Listener


def print_json(value: Any) -> None:
    """One JSON value on standard output."""
    sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")


@contextmanager
def progress(console: Console) -> Iterator[Listener]:
    """A listener that shows the phases of a run."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description:10}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[message]}"), console=console) as bars:
        yield _Bars(bars)


class _Lines:
    def __init__(self, console: Console) -> None:
        self.console = console

    def __call__(self, phase: str, share: float, message: str) -> None:
        if message:
            self.console.print(phase if message == phase else f"{phase}: {message}", highlight=False)


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self.tasks: dict[str, Any] = {}

    def __call__(self, phase: str, share: float, message: str) -> None:
        if phase not in self.tasks:
            self.tasks[phase] = self.bars.add_task(phase, total=1.0, message="")
        shown = "" if message == phase else message
        self.bars.update(self.tasks[phase], completed=share, message=shown)


def metrics_table(metrics: Mapping[str, Mapping[str, float]]) -> Table:
    """The model's metrics beside those of EASE and popularity."""
    table = Table("metric", title="On each user's latest ratings, which no fit had seen", title_justify="left")
    for column in ("model", "EASE", "popularity", "ratio to it"):
        table.add_column(column, justify="right")
    for name, value in metrics["model"].items():
        base = metrics["popularity"].get(name)
        ratio = f"{value / base:.2f}" if base else ""
        table.add_row(name, _number(value), _number(metrics.get("EASE", {}).get(name)), _number(base), ratio)
    return table


def seconds_table(seconds: Mapping[str, float]) -> Table:
    """How long each phase took."""
    table = Table("phase", title="Seconds", title_justify="left", show_footer=True)
    table.add_column("s", justify="right", footer=f"{sum(seconds.values()):.1f}")
    table.columns[0].footer = "all"
    for name, value in seconds.items():
        table.add_row(name, f"{value:.1f}")
    return table


def gate_table(tests: list[dict[str, Any]]) -> Table:
    """What the gate asked, and what it found."""
    table = Table("gate", "", "", title_justify="left")
    for test in tests:
        table.add_row(test["name"], "passed" if test["passed"] else "[bold]refused[/bold]", test["detail"])
    return table


def recommendations_report(user: User, rated: Sequence[Rating], found: Recommendations) -> dict[str, Any]:
    """What somebody rated best and is recommended, ready for JSON."""
    return {
        "user": user.get_username(),
        "source": found.source,
        "version": found.version,
        "best_rated": [
            {"movie": rating.movie_id, "title": str(rating.movie), "stars": rating.stars} for rating in rated
        ],
        "recommendations": [_entry_report(entry) for entry in found.entries],
    }


def show_recommendations(user: User, rated: Sequence[Rating], found: Recommendations) -> None:
    console = Console(file=sys.stdout)
    loved = Table("movie", title=f"{user.get_username()} rated best", title_justify="left")
    loved.add_column("stars", justify="right")
    for rating in rated:
        loved.add_row(str(rating.movie), f"{rating.stars:g}")
    table = Table("movie", title=f"Recommended ({found.source}, {found.version or 'no version'})", title_justify="left")
    table.add_column("score", justify="right")
    table.add_column("because of")
    for entry in found.entries:
        table.add_row(str(entry.movie), _number(entry.score), ", ".join(str(reason.movie) for reason in entry.reasons))
    console.print(loved, table)


def _entry_report(entry: Entry) -> dict[str, Any]:
    because = [
        {"movie": reason.movie.pk, "title": str(reason.movie), "stars": reason.half_stars / 2, "share": reason.share}
        for reason in entry.reasons
    ]
    return {"movie": entry.movie.pk, "title": str(entry.movie), "score": entry.score, "because": because}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
