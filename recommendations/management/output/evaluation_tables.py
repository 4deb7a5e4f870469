"""Tables of an evaluation report."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

PAIRED = "ndcg@10"


def evaluation_tables(report: Mapping[str, Any]) -> list[Table]:
    """Return tables of metrics, differences from our model, and slices, with a column for each model."""
    return [_metrics(report), _differences(report), _slices(report)]


def _metrics(report: Mapping[str, Any]) -> Table:
    models = report["models"]
    table = _table("metric", f"Split: {report['split']}, seed {report['seed']}", models)
    for name in next(iter(models.values()))["metrics"]:
        table.add_row(name, *(f"{model['metrics'][name]:.4f}" for model in models.values()))
    return table


def _differences(report: Mapping[str, Any]) -> Table:
    """Each baseline minus ours."""
    baselines = {name: model for name, model in report["models"].items() if "ahead" in model}
    table = _table("minus ours, 95 % interval (paired bootstrap over users)", "Differences", baselines)
    for name in next(iter(baselines.values()))["ahead"] if baselines else ():
        table.add_row(name, *(_interval(model["ahead"][name], "+.4f") for model in baselines.values()))
    return table


def _slices(report: Mapping[str, Any]) -> Table:
    models = report["models"]
    table = _table(f"{PAIRED} of users, recall of items", "Slices, with 95 % intervals", models)
    for name, group in next(iter(models.values()))["slices"].items():
        cells = (_interval(model["slices"][name]["interval"], ".3f") for model in models.values())
        table.add_row(f"{name}: {group['users']} users", *(cells if group["users"] else ("",) * len(models)))
    return table


def _table(row_header: str, title: str, columns: Mapping[str, Any]) -> Table:
    table = Table(row_header, title=title, title_justify="left")
    for name in columns:
        table.add_column(name, justify="right")
    return table


def _interval(values: list[float], number_format: str) -> str:
    mean, low, high = (f"{value:{number_format}}" for value in values)
    return f"{mean} [{low}, {high}]"
