"""Bootstrap confidence intervals of a mean over users."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SAMPLES = 2000


class Interval(NamedTuple):
    """A mean and its 95 % interval by the percentile bootstrap over users (Efron 1979)."""

    mean: float
    low: float
    high: float


def interval(values: NDArray[np.floating], *, samples: int = SAMPLES, seed: int = 0) -> Interval:
    """Bootstrap the mean of one number per user; given differences of two models, the interval is a paired one.

    Parameters
    ----------
    values : (m,) float
    samples : int
    seed : int
    """
    if not len(values):
        return Interval(0.0, 0.0, 0.0)
    random = np.random.default_rng(seed)
    means = np.array([values[random.integers(0, len(values), len(values))].mean() for _ in range(samples)])
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(values.mean()), float(low), float(high))
