"""What operators see of the model: how fast it answers, when it could not, how true its lists are."""

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
"""The share of lists that are held against brute force: it costs some milliseconds."""

ranking = Histogram(
    "recsite_ranking_seconds",
    "Time to rank the movies for one profile, by where their vector came from and what they wished.",
    ("source", "wish"),
    buckets=(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
)
fallbacks = Counter("recsite_fallbacks", "Lists of popular movies instead of the model's.", ("reason",))
reloads = Counter("recsite_reloads", "Versions that processes opened, or could not.", ("result",))
recall = Summary("recsite_shadow_recall", "Share of the true best movies in served lists, on a sample.")


@contextmanager
def timed_ranking(source: str, wish: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    ranking.labels(source, wish).observe(time.perf_counter() - started)


def shadow(
    vector: NDArray[np.float32], items: NDArray[np.float32], served: NDArray[np.int32], left_out: NDArray[np.int32]
) -> None:
    """Now and then, score every movie and see how many of the true best were served."""
    # Which lists are looked at is nobody's secret.
    if not len(served) or random.random() >= SHADOWED:  # noqa: S311
        return
    scores = items @ vector
    scores[left_out] = -np.inf
    worst = np.partition(scores, len(scores) - len(served))[len(scores) - len(served)]
    # By score and not by name: ties are no errors, and neither is the last bit of a sum.
    recall.observe(float(np.mean(scores[served] >= worst - 1e-5 * max(1.0, abs(float(worst))))))


class FromDatabase(Collector):
    """What all processes and hosts have in common."""

    def collect(self) -> Iterable[Metric]:
        try:
            return [*_model(), _runs()]
        except DatabaseError:
            return []


def _model() -> Iterator[Metric]:
    active = registry.active()
    if active:
        made = GaugeMetricFamily("recsite_model_created_seconds", "When the active version was made.", labels=["name"])
        made.add_metric([active.name], active.created_at.timestamp())
        yield made


def _runs() -> Metric:
    counted = dict(TrainingRun.objects.order_by().values_list("status").annotate(times=Count("*")))
    runs = GaugeMetricFamily("recsite_training_runs", "Training runs by how they stand or ended.", labels=["status"])
    for status in TrainingRun.Status.values:
        runs.add_metric([status], counted.get(status, 0))
    return runs


register_shared(FromDatabase())
