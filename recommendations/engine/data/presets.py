"""Presets by data size: dimensions, numbers of fits and epochs, and sample sizes for search and trials."""

from dataclasses import dataclass

import numpy as np

from recommendations.engine.data.interactions import Interactions

MAX_SEARCH_RATINGS = 500_000
"""Maximum number of ratings that the number of epochs is searched on: all ratings of users drawn at random."""
MAX_TRIAL_RATINGS = 5_000_000
"""Maximum number of ratings that a trial is trained on."""
MAX_TRIAL_USERS = 10_000
"""Maximum number of users that a trial is evaluated on."""


@dataclass(frozen=True)
class Size:
    """Training presets for data up to a number of ratings.

    Attributes
    ----------
    ratings : int
        Largest number of ratings that this preset applies to.
    dimension : int
        Columns of the served vectors; with little data, wider vectors cost little.
    fits : int
        Number of LightFM fits that are averaged: more data means less noise and a costlier fit.
    max_epochs : int
        Upper limit of the epoch search: with more ratings, each epoch teaches a movie more.
    short_history_ratio : float
        Number of pseudo users with few ratings per real user when vectors are compressed. At a ratio of 1, lists for
        few likes differ most; with few columns that would leave too little room for whole histories.
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
    """Return the preset for `n_ratings`."""
    return next(size for size in SIZES if n_ratings <= size.ratings)


def sample_users(interactions: Interactions, n_ratings: int, *, seed: int = 0) -> Interactions:
    """Keep all ratings of random users who together have up to `n_ratings`; the other rows become empty."""
    if len(interactions) <= n_ratings:
        return interactions
    order = np.random.default_rng(seed).permutation(interactions.n_users)
    kept = np.zeros(interactions.n_users, bool)
    kept[order[np.cumsum(np.diff(interactions.indptr)[order]) <= n_ratings]] = True
    return interactions.where(kept[interactions.user_ordinals])
