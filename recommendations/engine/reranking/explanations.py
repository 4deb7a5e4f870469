"""Explanations: exact decompositions of a linear score by feature block and by rating."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

BIAS = "bias"


def parts_by_block(
    user_vector: NDArray[np.float32], item_parts: Mapping[str, NDArray[np.float32]], ordinals: NDArray[np.int32]
) -> dict[str, NDArray[np.float64]]:
    """Decompose the scores of some movies into biases and the contribution of each block of features.

    Parameters
    ----------
    user_vector : (d + 2,) float32
        `[u, b_u, 1]`.
    item_parts : mapping of a block's name to (n_items, d + 1) float32
        `TrainedModel.item_parts`: each block's contribution to `[v, b_v]`.
    ordinals : (m,) int32

    Returns
    -------
    dict of str to (m,) float64
        "bias": b_u + b_v, independent of taste; then u · v_block for each block, which depends on taste. They sum to
        the score, up to its rounding to float32.
    """
    user = user_vector.astype(np.float64)
    taste, bias = user[:-2], user[-2]
    blocks = {name: part[ordinals].astype(np.float64) for name, part in item_parts.items()}
    item_bias = sum((block[:, -1] for block in blocks.values()), start=np.zeros(len(ordinals)))
    return {BIAS: bias + user[-1] * item_bias} | {name: block[:, :-1] @ taste for name, block in blocks.items()}


def parts_by_rating(
    contributions: NDArray[np.float32], prior: NDArray[np.float32], item_vectors: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Decompose the scores of some movies into the contributions of a folded-in user's ratings.

    Parameters
    ----------
    contributions : (r, d + 2) float32
        `FoldIn.contributions` of the r ratings.
    prior : (d + 2,) float32
        `FoldIn.base` of these ratings.
    item_vectors : (m, d + 2) float32
        Vectors of the movies to explain.

    Returns
    -------
    base : (m,) float64
        The movies' scores for a user of whom only the number and the times of ratings are known.
    shares : (m, r) float64
        The contribution of each rating. `base + shares.sum(axis=1)` is the score, up to its rounding to float32.
    """
    items = item_vectors.astype(np.float64)
    return items @ prior.astype(np.float64), items @ contributions.astype(np.float64).T
