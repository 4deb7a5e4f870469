"""Prometheus metrics of serving: ranking time, fallbacks, reloads and shadow recall."""

import random
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
from django.db import DatabaseError
from django.db.models import Count
from numpy.typing import NDArray
from prometheus_client import Counter, Histogram, Summary
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from recommendations.models import TrainingRun
from recommendations.versions import registry
from recsite.operations.metrics import register_shared

SHADOWED = 0.005
"""Share of lists that are compared with brute force, which costs some milliseconds."""

ranking = Histogram(
    "recsite_ranking_seconds",
    "Time to rank the movies for one profile, by source of its vector and kind of request.",
    ("source", "wish"),
    buckets=(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
)
fallbacks = Counter("recsite_fallbacks", "Lists of popular movies served instead of the model's.", ("reason",))
reloads = Counter("recsite_reloads", "Versions that processes opened or failed to open.", ("result",))
recall = Summary("recsite_shadow_recall", "Recall of served lists against brute force, on a sample.")


@contextmanager
def timed_ranking(source: str, wish: str) -> Iterator[None]:
    """Observe how long the block takes."""
    started = time.perf_counter()
    yield
    ranking.labels(source, wish).observe(time.perf_counter() - started)


def shadow(
    vector: NDArray[np.float32], items: NDArray[np.float32], served: NDArray[np.int32], exclude: NDArray[np.int32]
) -> None:
    """Observe the recall of a served list against brute force, for a random sample of lists."""
    # The sample needs no cryptographic randomness.
    if not len(served) or random.random() >= SHADOWED:  # noqa: S311
        return
    scores = items @ vector
    scores[exclude] = -np.inf
    worst = np.partition(scores, len(scores) - len(served))[len(scores) - len(served)]
    # Compare scores, not ordinals: ties and the last bit of a sum are not errors.
    recall.observe(float(np.mean(scores[served] >= worst - 1e-5 * max(1.0, abs(float(worst))))))


class FromDatabase(Collector):
    """Metrics that all processes and hosts share, read from the database."""

    def collect(self) -> Iterable[Metric]:
        try:
            return [*_model(), _runs()]
        except DatabaseError:
            return []


def _model() -> Iterator[Metric]:
    active = registry.active()
    if active:
        created = GaugeMetricFamily(
            "recsite_model_created_seconds", "When the active version was created.", labels=["name"]
        )
        created.add_metric([active.name], active.created_at.timestamp())
        yield created


def _runs() -> Metric:
    counts = dict(TrainingRun.objects.order_by().values_list("status").annotate(n=Count("*")))
    runs = GaugeMetricFamily("recsite_training_runs", "Training runs by status.", labels=["status"])
    for status in TrainingRun.Status.values:
        runs.add_metric([status], counts.get(status, 0))
    return runs


register_shared(FromDatabase())
