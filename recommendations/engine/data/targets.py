"""Training targets for LightFM: a matrix of positives and negatives, and their sample weights."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix

from recommendations.engine.data.interactions import Interactions

FeedbackKind = Literal["implicit", "explicit"]
Loss = Literal["warp", "bpr", "warp-kos", "logistic"]
LIKED = 8
"""Half stars at or above which a rating is a like; likes are the relevant items of every metric."""
SO_SO = 6
"""Half stars at or above which a rating is at least weakly positive."""


@dataclass(frozen=True, eq=False)
class Feedback:
    """Training input of one fit.

    Attributes
    ----------
    matrix : (n_users, n_items) coo_matrix of float32
        1 for a positive, −1 for a negative. `logistic` learns from negatives; `warp` and `bpr` only refrain from
        sampling them as negatives.
    weights : coo_matrix or None
        Sample weights in the matrix' order, within (0, 1]: WARP clips its loss, so larger weights would be cut.
    """

    matrix: coo_matrix
    weights: coo_matrix | None


def to_feedback(
    interactions: Interactions,
    kind: FeedbackKind,
    loss: Loss,
    so_so_weight: float,
    *,
    low_weight: float = 0.0,
    threshold: int | None = None,
) -> Feedback:
    """Convert ratings to LightFM's training input for a loss.

    implicit
        Likes are positives, so-so ratings (3 and 3.5 stars) weak positives, lower ones weaker still or dropped.
    explicit
        A rating at or above a threshold, or the user's own mean, is positive; a rating below it is negative.

    Parameters
    ----------
    interactions : Interactions
    kind : {"implicit", "explicit"}
    loss : {"warp", "bpr", "warp-kos", "logistic"}
        `warp-kos` supports no weights and treats every stored entry as a positive, so it gets only the likes.
    so_so_weight, low_weight : float
        Weights of implicit so-so ratings and of lower ones, 0 … 1; 0 drops them.
    threshold : int, optional
        Half stars at or above which an explicit rating is positive; by default the user's own mean.

    Raises
    ------
    ValueError
        For `logistic` with implicit feedback: it samples no negatives, so it would learn from positives alone.
    """
    if kind == "explicit":
        values, weights = _explicit(interactions, threshold)
    else:
        values, weights = _implicit(interactions, so_so_weight, low_weight)
    if loss == "logistic" and kind == "implicit":
        raise ValueError("logistic loss needs negatives to learn from; use explicit feedback with it")
    if loss == "warp-kos":
        values = np.where((values > 0) & (weights == 1), values, 0)
    kept = values != 0
    rows, columns = interactions.user_ordinals[kept], interactions.ordinals[kept]
    shape = (interactions.n_users, interactions.n_items)
    matrix = coo_matrix((values[kept].astype(np.float32), (rows, columns)), shape=shape)
    weights = weights[kept].astype(np.float32)
    if not len(weights) or weights.min() == 1:
        return Feedback(matrix, None)
    return Feedback(matrix, coo_matrix((weights, (rows, columns)), shape=shape))


def _implicit(
    interactions: Interactions, so_so_weight: float, low_weight: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    steps = [interactions.half_stars >= LIKED, interactions.half_stars >= SO_SO]
    weights = np.select(steps, [1.0, so_so_weight], default=low_weight)
    return np.sign(weights), weights


def _explicit(interactions: Interactions, threshold: int | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    counts = np.maximum(np.diff(interactions.indptr), 1)
    sums = np.bincount(interactions.user_ordinals, interactions.half_stars, minlength=interactions.n_users)
    own_mean = (sums / counts)[interactions.user_ordinals]
    above = interactions.half_stars >= (own_mean if threshold is None else threshold)
    return np.where(above, 1.0, -1.0), np.ones(len(interactions))


def without_likes(interactions: Interactions) -> str:
    """Explain why nothing can be learned from ratings of which none counts as a like."""
    if not len(interactions):
        return "there are no ratings, so there is nothing to learn from; load ratings first"
    best = int(interactions.half_stars.max()) / 2
    return (
        f"none of the {len(interactions):,} ratings counts as a like (the highest has {best:g} stars, a like needs "
        f"{SO_SO / 2:g}), so there is nothing to learn from; check that the ratings were loaded on the scale from "
        "0.5 to 5 stars, or train on explicit feedback, which compares each rating with its user's mean"
    )
