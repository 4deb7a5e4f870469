"""Movies alike: cosine between item vectors without their biases."""

import numpy as np
from numpy.typing import NDArray

BIAS_COLUMNS = 2


def directions(item_vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit vectors of the items, without biases.

    The dot product of two of them is the cosine, so every ranker and the index serve similar movies as they are:
    `rank(directions[movie], k, exclude=[movie], candidates=well_rated(counts))`.

    Parameters
    ----------
    item_vectors : (n_items, d + 2) float32
        `[v, 1, b_v]` as in `Embeddings.items`.

    Returns
    -------
    (n_items, d) float32
        A zero vector stays zero: it is like nothing.
    """
    vectors = item_vectors[:, :-BIAS_COLUMNS].astype(np.float64)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0).astype(np.float32)


def well_rated(rating_counts: NDArray[np.integer], floor: int = 20) -> NDArray[np.int32]:
    """Ordinals of the movies with at least `floor` ratings; fewer say too little for a vector to mean much."""
    return np.flatnonzero(rating_counts >= floor).astype(np.int32)
