"""How fast and how right a ranker is, on a sample of users."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.ranking.base import Ranking

Rank = Callable[[int, int], Ranking]
"""A ranker with its items, users and filters: (user's place in the sample, k) to the best k."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Processor time of a query on one thread, in microseconds: what half, and all but a hundredth, stay below."""

    p50: float
    p99: float


def speed(rank: Rank, n_users: int, k: int = 10) -> Speed:
    """Time a query of each user of the sample, after one that does not count."""
    rank(0, k)
    times = np.empty(n_users)
    for user in range(n_users):
        start = time.thread_time_ns()
        rank(user, k)
        times[user] = time.thread_time_ns() - start
    return Speed(*(round(float(value), 1) for value in np.percentile(times, [50, 99]) / 1000))


def lists(rank: Rank, n_users: int, k: int) -> list[NDArray[np.int32]]:
    """The ordinals of each user's list."""
    return [rank(user, k).ordinals for user in range(n_users)]


def recall(retrieved: Sequence[NDArray[np.int32]], true_lists: Sequence[NDArray[np.int32]], k: int) -> float:
    """Share of the true first k that were found among the first k, mean over the users; 1 where nothing is true."""
    pairs = zip(retrieved, true_lists, strict=True)
    return float(
        np.mean([np.isin(true[:k], retrieved_list[:k]).mean() if len(true) else 1.0 for retrieved_list, true in pairs])
    )


def sample(vectors: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Up to `size` rows of `vectors` (n, d), always the same ones, in the order in which they stand."""
    rows = np.random.default_rng(0).choice(len(vectors), min(size, len(vectors)), replace=False)
    return vectors[np.sort(rows)]
