"""Accuracy metrics: plain functions that return one number per user, which the caller averages.

`hits` (m, k) bool marks the relevant items in each user's list, best first. `n_relevant` (m,) int is the number of
relevant items of each user, 1 or more.
"""

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.bool_]
PerUser = NDArray[np.float64]


def ndcg(hits: Hits, n_relevant: NDArray[np.integer]) -> PerUser:
    """Binary NDCG: discounted gain divided by that of the best possible list (Järvelin and Kekäläinen 2002)."""
    discounts = 1 / np.log2(np.arange(2, hits.shape[1] + 2))
    best = np.concatenate([[0], np.cumsum(discounts)])[np.minimum(n_relevant, hits.shape[1])]
    return hits @ discounts / best


def recall(hits: Hits, n_relevant: NDArray[np.integer]) -> PerUser:
    """Share of the relevant items that are in the list."""
    return hits.sum(axis=1) / n_relevant


def precision(hits: Hits, n_relevant: NDArray[np.integer]) -> PerUser:
    """Share of the list that is relevant."""
    return hits.mean(axis=1)


def average_precision(hits: Hits, n_relevant: NDArray[np.integer]) -> PerUser:
    """Mean over all relevant items of the precision at their rank; 0 for those outside the list."""
    precisions = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return (precisions * hits).sum(axis=1) / n_relevant


def reciprocal_rank(hits: Hits, n_relevant: NDArray[np.integer]) -> PerUser:
    """Reciprocal of the rank of the first relevant item; 0 if there is none."""
    return np.where(hits.any(axis=1), 1 / (hits.argmax(axis=1) + 1), 0.0)
