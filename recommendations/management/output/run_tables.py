"""Runs and versions as tables on the terminal."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from rich.table import Table

from recommendations.models import ModelVersion, TrainingRun


def runs_table(runs: Iterable[TrainingRun]) -> Table:
    table = Table("run", "status", "asked by", "started", "s", "phase", "made, or why not")
    for column in table.columns[:4]:
        column.no_wrap = True
    for run in runs:
        version = getattr(run, "version", None)
        table.add_row(
            str(run.pk),
            run.get_status_display(),
            run.requested_by.get_username() if run.requested_by else "–",
            f"{run.started_at:%Y-%m-%d %H:%M}" if run.started_at else "–",
            _seconds(run),
            f"{run.phase} {run.progress:.0%}" if run.status == TrainingRun.Status.RUNNING else run.phase,
            run.error or (str(version) if version else run.worker),
        )
    return table


def versions_table(versions: Iterable[ModelVersion]) -> Table:
    table = Table("version", "", "made", "ratings", "NDCG@10", "coverage", "MiB", "refused for")
    for column in table.columns[:3]:
        column.no_wrap = True
    for version in versions:
        model = version.metrics.get("model", {})
        table.add_row(
            version.name,
            "serves" if version.is_active else "removed" if version.files_removed_at else "",
            f"{version.created_at:%m-%d %H:%M}",
            f"{version.ratings:,}",
            _number(model.get("ndcg@10")),
            _number(model.get("coverage@10")),
            f"{version.size / 2**20:.1f}",
            ", ".join(test["name"] for test in version.gate if not test["passed"]),
        )
    return table


def difference_tables(found: Mapping[str, Any]) -> list[Table]:
    """What `differences.difference` found."""
    numbers = Table("", found["from"], found["to"], "change", title_justify="left")
    for name, pair in {**found["sizes"], **found["metrics"]}.items():
        numbers.add_row(name, *(_number(pair[key]) for key in ("from", "to", "change")))
    for name, pair in found["parameters"].items():
        numbers.add_row(name, str(pair["from"]), str(pair["to"]))
    lists = Table("first ten of", "movies that stay", "lists unchanged", "lists wholly new")
    changes = found["lists"]
    shares = ("–" if changes[key] is None else f"{changes[key]:.0%}" for key in ("shared", "unchanged", "replaced"))
    lists.add_row(f"{changes['users']} users", *shares)
    return [numbers, lists]


def _seconds(run: TrainingRun) -> str:
    if run.started_at is None:
        return "–"
    return f"{((run.finished_at or timezone.now()) - run.started_at).total_seconds():.0f}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
