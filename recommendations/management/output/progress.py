"""Show progress, metrics and recommendations: bars on a terminal, plain lines elsewhere."""

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
    """Write one JSON value to standard output."""
    sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")


@contextmanager
def progress(console: Console) -> Iterator[Listener]:
    """Yield a listener that shows the phases of a run."""
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
        self.bars.update(self.tasks[phase], completed=share, message="" if message == phase else message)


def metrics_table(metrics: Mapping[str, Mapping[str, float]]) -> Table:
    """Return the model's metrics beside those of EASE and popularity."""
    table = Table("metric", title="On each user's latest ratings, held out of training", title_justify="left")
    for column in ("model", "EASE", "popularity", "ratio to popularity"):
        table.add_column(column, justify="right")
    for name, value in metrics["model"].items():
        base = metrics["popularity"].get(name)
        ratio = f"{value / base:.2f}" if base else ""
        table.add_row(name, _number(value), _number(metrics.get("EASE", {}).get(name)), _number(base), ratio)
    return table


def seconds_table(seconds: Mapping[str, float]) -> Table:
    """Return the duration of each phase."""
    table = Table("phase", title="Seconds", title_justify="left", show_footer=True)
    table.add_column("s", justify="right", footer=f"{sum(seconds.values()):.1f}")
    table.columns[0].footer = "total"
    for name, value in seconds.items():
        table.add_row(name, f"{value:.1f}")
    return table


def gate_table(checks: list[dict[str, Any]]) -> Table:
    """Return the checks of the gate and their results."""
    table = Table("gate", "", "", title_justify="left")
    for check in checks:
        table.add_row(check["name"], "passed" if check["passed"] else "[bold]refused[/bold]", check["detail"])
    return table


def recommendations_report(user: User, best_rated: Sequence[Rating], recommended: Recommendations) -> dict[str, Any]:
    """Return a user's best ratings and recommendations, ready for JSON."""
    return {
        "user": user.get_username(),
        "source": recommended.source,
        "version": recommended.version,
        "best_rated": [
            {"movie": rating.movie_id, "title": str(rating.movie), "stars": rating.stars} for rating in best_rated
        ],
        "recommendations": [_entry_report(entry) for entry in recommended.entries],
    }


def show_recommendations(user: User, best_rated: Sequence[Rating], recommended: Recommendations) -> None:
    """Print a user's best ratings and recommendations as tables."""
    console = Console(file=sys.stdout)
    ratings = Table("movie", title=f"Best rated by {user.get_username()}", title_justify="left")
    ratings.add_column("stars", justify="right")
    for rating in best_rated:
        ratings.add_row(str(rating.movie), f"{rating.stars:g}")
    title = f"Recommended ({recommended.source}, {recommended.version or 'no version'})"
    table = Table("movie", title=title, title_justify="left")
    table.add_column("score", justify="right")
    table.add_column("because of")
    for entry in recommended.entries:
        table.add_row(str(entry.movie), _number(entry.score), ", ".join(str(reason.movie) for reason in entry.reasons))
    console.print(ratings, table)


def _entry_report(entry: Entry) -> dict[str, Any]:
    because = [
        {"movie": reason.movie.pk, "title": str(reason.movie), "stars": reason.half_stars / 2, "share": reason.share}
        for reason in entry.reasons
    ]
    return {"movie": entry.movie.pk, "title": str(entry.movie), "score": entry.score, "because": because}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
