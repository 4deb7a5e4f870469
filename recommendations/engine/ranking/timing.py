"""Speed and recall of a ranker on a sample of users."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.ranking.base import Ranking

Rank = Callable[[int, int], Ranking]
"""A ranker bound to items, users and filters: (index of a sampled user, k) to the top k."""


@dataclass(frozen=True, slots=True)
class Speed:
    """CPU time of a query on one thread, in microseconds: median and 99th percentile."""

    p50: float
    p99: float


def speed(rank: Rank, n_users: int, k: int = 10) -> Speed:
    """Time one query of each sampled user, after an untimed warm-up query."""
    rank(0, k)
    times = np.empty(n_users)
    for user in range(n_users):
        start = time.thread_time_ns()
        rank(user, k)
        times[user] = time.thread_time_ns() - start
    return Speed(*(round(float(value), 1) for value in np.percentile(times, [50, 99]) / 1000))


def lists(rank: Rank, n_users: int, k: int) -> list[NDArray[np.int32]]:
    """Return the ordinals of each user's list."""
    return [rank(user, k).ordinals for user in range(n_users)]


def recall(retrieved: Sequence[NDArray[np.int32]], true_lists: Sequence[NDArray[np.int32]], k: int) -> float:
    """Recall of the true top k, averaged over the users; 1 where the true list is empty."""
    pairs = zip(retrieved, true_lists, strict=True)
    return float(
        np.mean([np.isin(true[:k], retrieved_list[:k]).mean() if len(true) else 1.0 for retrieved_list, true in pairs])
    )


def sample(vectors: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Return up to `size` rows of `vectors` (n, d), always the same ones, in their original order."""
    rows = np.random.default_rng(0).choice(len(vectors), min(size, len(vectors)), replace=False)
    return vectors[np.sort(rows)]
