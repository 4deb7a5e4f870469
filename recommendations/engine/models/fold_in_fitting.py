"""Fitting of fold-in rows: ridge regression onto trained user vectors, and scaling to the average score spread."""

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.rating_weights import weighted_ratings

RIDGE = 0.03
"""Ridge penalty of the map from ratings to trained vectors, as a share of the inputs' mean square."""


def fit_fold_in_rows(
    interactions: Interactions,
    users: NDArray[np.float32],
    items: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit the linear map from rated items to trained user vectors, by ridge regression over the trained users.

    Parameters
    ----------
    interactions : Interactions
        The ratings that the users were trained on.
    users, items : (n, d + 1) float32
        `[u, b_u]` and `[v, b_v]`.
    weights : (11,) float32
        The weight of a rating by its half stars.

    Returns
    -------
    rows : (n_items, d + 1) float32
    prior : (d + 1,) float32
        `prior + weighted_ratings(interactions, weights) @ rows` is the closest fit to the users' vectors.
    """
    rated = np.diff(interactions.indptr) > 0
    inputs, targets = (weighted_ratings(interactions, weights) @ items)[rated], users[rated]
    if not len(inputs):
        return np.zeros_like(items), np.zeros(items.shape[1], np.float32)
    inputs, targets = inputs.astype(np.float64), targets.astype(np.float64)
    input_mean, target_mean = inputs.mean(axis=0), targets.mean(axis=0)
    inputs, targets = inputs - input_mean, targets - target_mean
    gram = inputs.T @ inputs
    gram[np.diag_indices_from(gram)] += RIDGE * max(gram.trace() / len(gram), 1e-12)
    linear = np.linalg.solve(gram, inputs.T @ targets)
    return (items @ linear).astype(np.float32), (target_mean - input_mean @ linear).astype(np.float32)


def scale_to_average_spread(
    rows: NDArray[np.float32],
    covariance: NDArray[np.float64],
    average: NDArray[np.float32],
    counts: NDArray[np.integer],
) -> NDArray[np.float32]:
    """Scale `rows` so that one rating spreads the scores as widely as the average user's scores are spread.

    Parameters
    ----------
    rows : (n_items, d + 1) float32
        The mean spread weighs each item by its rating count.
    covariance : (d + 1, d + 1) float64
        `item_covariance` of the items.
    average : (d + 1,) float32
        A user's `[u, 1]`.
    counts : (n_items,) int
    """
    mean = np.average(score_spreads(rows, covariance), weights=counts) if counts.any() else 0.0
    return rows * np.float32(score_spreads(average, covariance) / mean if mean else 0)


def score_spreads(vectors: NDArray[np.float32], covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation of each vector's scores over the items: (…, d + 1) vectors to (…) float64."""
    return np.sqrt(np.maximum((vectors @ covariance * vectors).sum(axis=-1), 0))


def item_covariance(items: NDArray[np.float32]) -> NDArray[np.float64]:
    """(d + 1, d + 1) float64: the covariance of the columns of `items` (n_items, d + 1), `[v, b_v]`."""
    return np.cov(items.T.astype(np.float64), bias=True)
