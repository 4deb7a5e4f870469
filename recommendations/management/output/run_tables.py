"""Tables of runs, versions and their differences."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from rich.table import Table

from recommendations.models import ModelVersion, TrainingRun


def runs_table(runs: Iterable[TrainingRun]) -> Table:
    table = Table("run", "status", "requested by", "started", "s", "phase", "version or error")
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
    table = Table("version", "", "created", "ratings", "NDCG@10", "coverage", "MiB", "refused for")
    for column in table.columns[:3]:
        column.no_wrap = True
    for version in versions:
        model = version.metrics.get("model", {})
        table.add_row(
            version.name,
            "active" if version.is_active else "removed" if version.files_removed_at else "",
            f"{version.created_at:%m-%d %H:%M}",
            f"{version.ratings:,}",
            _number(model.get("ndcg@10")),
            _number(model.get("coverage@10")),
            f"{version.size / 2**20:.1f}",
            ", ".join(check["name"] for check in version.gate if not check["passed"]),
        )
    return table


def difference_tables(changes: Mapping[str, Any]) -> list[Table]:
    """Return tables of `versions.diff.difference`: numbers and parameters, and changes of users' lists."""
    numbers = Table("", changes["from"], changes["to"], "change", title_justify="left")
    for name, pair in {**changes["sizes"], **changes["metrics"]}.items():
        numbers.add_row(name, *(_number(pair[key]) for key in ("from", "to", "change")))
    for name, pair in changes["parameters"].items():
        numbers.add_row(name, str(pair["from"]), str(pair["to"]))
    table = Table("top ten of", "movies kept", "lists unchanged", "lists all new")
    lists = changes["lists"]
    shares = ("–" if lists[key] is None else f"{lists[key]:.0%}" for key in ("shared", "unchanged", "replaced"))
    table.add_row(f"{lists['users']} users", *shares)
    return [numbers, table]


def _seconds(run: TrainingRun) -> str:
    if run.started_at is None:
        return "–"
    return f"{((run.finished_at or timezone.now()) - run.started_at).total_seconds():.0f}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
