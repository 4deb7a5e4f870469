"""Item similarity: cosine between item vectors without their biases."""

import numpy as np
from numpy.typing import NDArray

BIAS_COLUMNS = 2
RANK_TOLERANCE = 0.01
"""Singular values below this share of the largest count as 0."""


def directions(
    item_vectors: NDArray[np.float32], excluded_users: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Return unit vectors of the items, without biases.

    The dot product of two of them is their cosine, so every ranker and the Annoy index can serve similar movies:
    `rank(directions[movie], k, exclude=[movie], candidates=well_rated(counts))`.

    Parameters
    ----------
    item_vectors : (n_items, d + 2) float32
        `[v, 1, b_v]` as in `Embeddings.items`.
    excluded_users : (m, d + 2) float32, optional
        User vectors whose span is projected out, so that, for example, being rated at the same time does not make
        items similar.

    Returns
    -------
    (n_items, d) float32
        Zero vectors stay zero: such an item is similar to nothing.
    """
    vectors = item_vectors[:, :-BIAS_COLUMNS].astype(np.float64)
    if excluded_users is not None:
        _, values, rows = np.linalg.svd(excluded_users[:, :-BIAS_COLUMNS].astype(np.float64), full_matrices=False)
        rows = rows[values > RANK_TOLERANCE * values.max(initial=0)]
        vectors -= vectors @ rows.T @ rows
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0).astype(np.float32)


def well_rated(rating_counts: NDArray[np.integer], floor: int = 20) -> NDArray[np.int32]:
    """Return the ordinals of the movies with at least `floor` ratings: with fewer, a vector means little."""
    return np.flatnonzero(rating_counts >= floor).astype(np.int32)
