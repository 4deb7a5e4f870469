"""Evaluation reports: metrics, intervals, paired differences and slices, as JSON-serializable data."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommendations.engine.data.splits import split_by_user_time
from recommendations.engine.evaluation.baselines import Baseline
from recommendations.engine.evaluation.bootstrap import Interval, interval
from recommendations.engine.evaluation.evaluate import Evaluation, with_labels
from recommendations.engine.evaluation.protocols import Protocol
from recommendations.engine.evaluation.slices import Table, by_items, by_users

WITH_INTERVALS = ("ndcg@10", "ndcg@100", "recall@20")
TUNED_ON = 2000
"""Number of users of the validation slice that a baseline is tuned on."""


def evaluate_baseline(protocol: Protocol, baseline: Baseline) -> tuple[dict[str, Any], Evaluation]:
    """Tune a baseline on the latest ratings of the protocol's training users; return its parameters and evaluation."""
    setting = baseline.tune(split_by_user_time(protocol.train), max_users=TUNED_ON)
    return setting, protocol.judge(protocol.baseline_scorer(baseline, setting))


def describe(
    judged: Evaluation, protocol: Protocol, labels: csr_matrix | None, against: Evaluation | None = None
) -> dict[str, Any]:
    """Report metrics, intervals and slices of one model.

    Parameters
    ----------
    judged : Evaluation
    protocol : Protocol
    labels : (n_items, n_labels) csr_matrix, optional
        Genres of the movies.
    against : Evaluation, optional
        Evaluation of another model under the same protocol; the difference is `judged` − `against`.
    """
    if labels is not None:
        judged = with_labels(judged, protocol.judged, labels)
    report: dict[str, Any] = {
        "users": len(judged.users),
        "metrics": {name: round(value, 5) for name, value in judged.metrics.items()},
        "intervals": {name: _rounded(interval(judged.per_user[name])) for name in WITH_INTERVALS},
        "slices": {
            **_table(by_users(judged, protocol.judged)),
            **_table(by_items(judged, protocol.judged, protocol.train.counts)),
        },
    }
    if against is not None:
        report["ahead"] = {
            name: _rounded(interval(judged.per_user[name] - against.per_user[name])) for name in WITH_INTERVALS
        }
    return report


def means(reports: list[Mapping[str, Any]]) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation of each metric over the reports of several seeds."""
    names = reports[0]["metrics"]
    values: dict[str, NDArray[np.float64]] = {
        name: np.array([report["metrics"][name] for report in reports]) for name in names
    }
    return {name: (float(array.mean()), float(array.std())) for name, array in values.items()}


def _table(table: Table) -> dict[str, Any]:
    return {name: {"users": users, "interval": _rounded(bounds)} for name, (users, bounds) in table.items()}


def _rounded(bounds: Interval) -> list[float]:
    return [round(value, 5) for value in bounds]
