"""Weights of ratings in EASE and fold-in: by stars, by age, and normalized by the length of the history."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.splits import age_ranks

RECENCY_FADE = 0.3
"""Share of its weight that a user's oldest rating loses relative to the newest.

A stronger fade predicts the next rating better, but predicts ratings from any other time worse.
"""
DISLIKE = -0.05
"""Weight of a rating of 2 stars or less.

It is small because choosing to watch a movie is more informative than not liking it, but a dislike must still have a
visible effect.
"""


def rating_weights(so_so: float, grade: float) -> NDArray[np.float32]:
    """(11,) float32: the weight of a rating by its half stars.

    Likes weigh 1 − `grade` for 4 stars, 1 for 4.5 and 1 + `grade` for 5. Ratings of 3 and 3.5 stars weigh `so_so`
    times the first and the last of these, 2.5 stars weigh nothing, and 2 stars or less weigh `DISLIKE`.
    """
    less, more = 1 - grade, 1 + grade
    return np.array((0, *[DISLIKE] * 4, 0, so_so * less, so_so * more, less, 1, more), np.float32)


def weighted_counts(interactions: Interactions, weights: NDArray[np.float32]) -> NDArray[np.int64]:
    """(n_users,) int64: the number of each user's ratings whose weight is not 0."""
    counts = weights[interactions.half_stars] != 0
    return np.bincount(interactions.user_ordinals[counts], minlength=interactions.n_users).astype(np.int64)


def weighted_ratings(interactions: Interactions, weights: NDArray[np.float32]) -> Any:
    """(n_users, n_items) csr_matrix: the `history_shares` of the ratings whose weight is not 0."""
    counted = interactions.where(weights[interactions.half_stars] != 0)
    shares = history_shares(weights[counted.half_stars], counted.user_ordinals, counted.timestamps)
    return counted.matrix(shares)


def history_shares(
    weights: NDArray[np.float32], user_ordinals: NDArray[np.integer], timestamps: NDArray[np.integer]
) -> NDArray[np.float32]:
    """(n,) float32: w · (1 − `RECENCY_FADE` · rank / n) / √n, where the newest rating has rank 0.

    Parameters
    ----------
    weights : (n,) float32
        None of them 0.
    user_ordinals : (n,) int
        Ascending.
    timestamps : (n,) int
        Unix seconds.
    """
    n = np.bincount(user_ordinals)[user_ordinals]
    recency = 1 - RECENCY_FADE * age_ranks(user_ordinals, timestamps) / n
    return (weights * recency / np.sqrt(n)).astype(np.float32)
