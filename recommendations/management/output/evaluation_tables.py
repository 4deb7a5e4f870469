"""Tables of an evaluation."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

PAIRED = "ndcg@10"


def evaluation_tables(report: Mapping[str, Any]) -> list[Table]:
    """Measures, ours ahead of the others, and slices; a column for each model."""
    return [_measures(report), _ahead(report), _slices(report)]


def _measures(report: Mapping[str, Any]) -> Table:
    models = report["models"]
    table = _table("measure", f"Split: {report['split']}, seed {report['seed']}", models)
    for name in next(iter(models.values()))["metrics"]:
        table.add_row(name, *(f"{told['metrics'][name]:.4f}" for told in models.values()))
    return table


def _ahead(report: Mapping[str, Any]) -> Table:
    """Each other model minus ours."""
    others = {name: told for name, told in report["models"].items() if "ahead" in told}
    table = _table("minus ours, 95 % interval (paired bootstrap over users)", "Differences", others)
    for name in next(iter(others.values()))["ahead"] if others else ():
        table.add_row(name, *(_interval(told["ahead"][name], "+.4f") for told in others.values()))
    return table


def _slices(report: Mapping[str, Any]) -> Table:
    models = report["models"]
    table = _table(f"{PAIRED} of users, recall of items", "Slices, with 95 % intervals", models)
    for name, told in next(iter(models.values()))["slices"].items():
        cells = (_interval(model["slices"][name]["interval"], ".3f") for model in models.values())
        table.add_row(f"{name}: {told['users']} users", *(cells if told["users"] else ("",) * len(models)))
    return table


def _table(first: str, title: str, columns: Mapping[str, Any]) -> Table:
    table = Table(first, title=title, title_justify="left")
    for name in columns:
        table.add_column(name, justify="right")
    return table


def _interval(values: list[float], how: str) -> str:
    mean, low, high = values
    return f"{mean:{how}} [{low:{how}}, {high:{how}}]"
