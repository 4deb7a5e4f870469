"""How sure a mean over users is."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SAMPLES = 2000


class Interval(NamedTuple):
    """A mean, and the 95 % interval that the percentile bootstrap over users gives (Efron 1979)."""

    mean: float
    low: float
    high: float


def interval(values: NDArray[np.floating], *, samples: int = SAMPLES, seed: int = 0) -> Interval:
    """Of one number per user; for two models, give the differences: then the interval is a paired one.

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
