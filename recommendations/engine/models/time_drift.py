"""Time lift of items: an item's share of a period's ratings relative to its share of all ratings.

Members rate what is made, shown and talked about at the time, and rating models have time-dependent item biases for it
(Koren, "Collaborative filtering with temporal dynamics", 2009). It is most informative for users with few ratings.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommendations.engine.data.interactions import Interactions

MAX_PERIODS = 16
SMOOTHING_WIDTH = 1.5
"""Standard deviation, in periods, of the Gaussian that smooths the counts: tastes change slowly."""
LIFT_PRIOR = 3
"""Pseudo ratings at the expected share that every item gets in every period."""


def period_centers_of(interactions: Interactions) -> NDArray[np.int64]:
    """(T,) int64, ascending Unix seconds: the centers of up to `MAX_PERIODS` periods with equally many ratings."""
    if not len(interactions):
        return np.zeros(1, np.int64)
    return np.unique(np.quantile(interactions.timestamps, (np.arange(MAX_PERIODS) + 0.5) / MAX_PERIODS, method="lower"))


def time_lift(interactions: Interactions, period_centers: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n_items, T) float32: the log of an item's share of a period's ratings over its share of all ratings.

    A smoothed count is scaled to the number of ratings with the same relative variance.

    Parameters
    ----------
    interactions : Interactions
    period_centers : (T,) int64
        Centers of the periods.
    """
    # Slow to import, and only trainings need it.
    from scipy.ndimage import gaussian_filter1d  # noqa: PLC0415

    n_periods = len(period_centers)
    periods = np.searchsorted((period_centers[1:] + period_centers[:-1]) / 2, interactions.timestamps)
    cells = interactions.ordinals * np.int64(n_periods) + periods
    counts = np.bincount(cells, minlength=interactions.n_items * n_periods).reshape(-1, n_periods).astype(np.float64)
    window = SMOOTHING_WIDTH * np.sqrt(4 * np.pi)
    smoothed = window * gaussian_filter1d(counts, SMOOTHING_WIDTH, axis=1, mode="nearest")
    expected = np.outer(interactions.counts, smoothed.sum(axis=0) / max(len(interactions), 1))
    return np.log((smoothed + LIFT_PRIOR) / (expected + LIFT_PRIOR)).astype(np.float32)


def period_weights(period_centers: NDArray[np.int64], timestamps: ArrayLike) -> NDArray[np.float32]:
    """(m, T) float32: the weight of each period at each timestamp, by linear interpolation between the centers.

    Before the first center and after the last one, that period has all the weight.

    Parameters
    ----------
    period_centers : (T,) int64
    timestamps : (m,) int
    """
    positions = np.interp(np.asarray(timestamps, np.int64), period_centers, np.arange(len(period_centers)))
    return np.maximum(1 - np.abs(positions[:, None] - np.arange(len(period_centers))), 0).astype(np.float32)
