"""What is rated when: an item's share of the ratings of a time, beside its share of all.

People rate what is made, shown and talked about at their time, and models of ratings have item biases by time for it
(Koren, "Collaborative filtering with temporal dynamics", 2009).  Of somebody who has rated little it tells most.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d

from recommendations.engine.data.interactions import Interactions

ERAS = 16
WIDTH = 1.5
"""Standard deviation, in eras, of the bell that ratings are smoothed with: what is in fashion comes and goes slowly."""
DOUBT = 3
"""So many ratings, of every item and in every era, are taken to be as usual."""


def moments_of(interactions: Interactions) -> NDArray[np.int64]:
    """(T,) int64, ascending Unix seconds: the middles of eras of equally many ratings, `ERAS` of them at most."""
    if not len(interactions):
        return np.zeros(1, np.int64)
    return np.unique(np.quantile(interactions.timestamps, (np.arange(ERAS) + 0.5) / ERAS, method="lower"))


def lifts(interactions: Interactions, moments: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n_items, T) float32: log of how many more ratings an item has in an era than if its share were always the same.

    Smoothed counts stand for as many ratings as have the same variance.

    Parameters
    ----------
    interactions : Interactions
    moments : (T,) int64
        Middles of the eras.
    """
    n_eras = len(moments)
    eras = np.searchsorted((moments[1:] + moments[:-1]) / 2, interactions.timestamps)
    cells = interactions.ordinals * np.int64(n_eras) + eras
    counts = np.bincount(cells, minlength=interactions.n_items * n_eras).reshape(-1, n_eras).astype(np.float64)
    window = WIDTH * np.sqrt(4 * np.pi)
    nearby = window * gaussian_filter1d(counts, WIDTH, axis=1, mode="nearest")
    usual = np.outer(interactions.counts, nearby.sum(axis=0) / max(len(interactions), 1))
    return np.log((nearby + DOUBT) / (usual + DOUBT)).astype(np.float32)


def between(moments: NDArray[np.int64], timestamps: ArrayLike) -> NDArray[np.float32]:
    """(m, T) float32: what share each era has in some moments, by how near its middle is.

    Before the first era and after the last one these go on.

    Parameters
    ----------
    moments : (T,) int64
    timestamps : (m,) int
    """
    places = np.interp(np.asarray(timestamps, np.int64), moments, np.arange(len(moments)))
    return np.maximum(1 - np.abs(places[:, None] - np.arange(len(moments))), 0).astype(np.float32)
