"""What goes with the data's size: how much is fitted, and on how much of it parameters are sought."""

from dataclasses import dataclass

import numpy as np

from recommendations.engine.data.interactions import Interactions

MAX_SEARCH_RATINGS = 500_000
"""Ratings that the number of epochs is sought on, at most: those of users drawn at random."""
MAX_TRIAL_RATINGS = 5_000_000
"""Ratings that a trial is trained on, at most."""
MAX_TRIAL_USERS = 10_000
"""Users that a trial is judged by, at most."""


@dataclass(frozen=True)
class Size:
    """
    Attributes
    ----------
    ratings : int
        The largest number of ratings that this is for.
    dimension : int
        Columns of the vectors that are served; where there is little data, wider ones cost little.
    fits : int
        LightFM fits that are averaged: noise matters less where there is more data, and a fit costs more.
    max_epochs : int
        How long a search goes on: an epoch of more ratings teaches a movie more.
    few : float
        How many people with few ratings count beside a user when vectors are made small.  With as many of them as of
        users, lists for few likes differ most; in few columns they would leave too little room for whole histories.
    """

    ratings: float
    dimension: int
    fits: int
    max_epochs: int
    short_history_ratio: float


SIZES = (
    Size(1_000_000, 256, 3, 24, 1.0),
    Size(3_000_000, 256, 2, 20, 1.0),
    Size(10_000_000, 128, 2, 20, 0.1),
    Size(float("inf"), 128, 2, 8, 0.1),
)


def size_of(n_ratings: int) -> Size:
    """What suits so many ratings."""
    return next(size for size in SIZES if n_ratings <= size.ratings)


def sample_users(interactions: Interactions, n_ratings: int, *, seed: int = 0) -> Interactions:
    """All ratings of as many users, drawn at random, as have `n_ratings` together; the other rows are empty."""
    if len(interactions) <= n_ratings:
        return interactions
    order = np.random.default_rng(seed).permutation(interactions.n_users)
    kept = np.zeros(interactions.n_users, bool)
    kept[order[np.cumsum(np.diff(interactions.indptr)[order]) <= n_ratings]] = True
    return interactions.where(kept[interactions.user_ordinals])
