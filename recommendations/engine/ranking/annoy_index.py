"""Annoy index for maximum inner product search over the item vectors.

Annoy's released `dot` splits its trees without regard to the items' norms and loses a third of the correct results on
bias-stacked vectors. An additional column, sqrt(M² − ‖x‖²) with M the largest norm, gives all items the same norm. A
query has 0 in this column, so every dot product, and with it the order, stays the same (Bachrach et al., "Speeding up
the Xbox recommender system using a Euclidean transformation", 2014).
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from annoy import AnnoyIndex
from numpy.typing import NDArray

METRIC: Literal["dot"] = "dot"
# Size of Annoy's node header for `dot`: count, two children and norm factor, 4 bytes each; the vector follows.
NODE_HEADER = 16
SEED = 20


class IndexFileError(ValueError):
    """The file is not an index of these items."""


@dataclass(frozen=True, slots=True)
class ItemIndex:
    """A memory-mapped Annoy index and the item vectors that it was built from.

    Attributes
    ----------
    annoy : AnnoyIndex
        Index of d + 1 columns.
    item_vectors : (n_items, d) float32
        Used for true scores, and for queries that the index cannot answer.
    search_k : int
        Number of nodes inspected per query; −1 leaves it to Annoy (trees times requested items).
    """

    annoy: AnnoyIndex
    item_vectors: NDArray[np.float32]
    search_k: int

    @property
    def n_items(self) -> int:
        return len(self.item_vectors)

    def nearest(self, vector: NDArray[np.float32], n: int) -> NDArray[np.int32]:
        """Return up to `n` ordinals with probably the largest dot products with `vector` (d,), best first."""
        search_k = self.search_k if self.search_k < 0 else max(self.search_k, n)
        return np.asarray(self.annoy.get_nns_by_vector([*vector.tolist(), 0.0], n, search_k), dtype=np.int32)


def build_index(item_vectors: NDArray[np.float32], path: Path, *, n_trees: int) -> None:
    """Build the index of `item_vectors` (n_items, d) and write it to `path` atomically.

    A fixed seed and a single job make the same vectors give the same bytes.

    Raises
    ------
    OSError
        When the file cannot be written; no partial file is left behind.
    ValueError
        When there is no item, or a vector is not finite.
    """
    annoy = AnnoyIndex(item_vectors.shape[1] + 1, METRIC)
    annoy.set_seed(SEED)
    for ordinal, vector in enumerate(_with_equal_norms(item_vectors)):
        annoy.add_item(ordinal, vector)
    annoy.build(n_trees, n_jobs=1)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        annoy.save(str(staged))
        with staged.open("rb") as file:
            os.fsync(file.fileno())
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)


def open_index(path: Path, item_vectors: NDArray[np.float32], *, search_k: int = -1) -> ItemIndex:
    """Memory-map the index at `path`, which must have been built from `item_vectors` (n_items, d).

    Annoy trusts its file: verify length and checksum first, since one wrong bit crashes the process, and a truncation
    at the right position only loses trees.

    Raises
    ------
    IndexFileError
        When the file's length or its number of items does not match the vectors.
    """
    n_items, dimension = item_vectors.shape
    node = NODE_HEADER + 4 * (dimension + 1)
    size = path.stat().st_size
    if size % node or size < n_items * node:
        raise IndexFileError(f"{path.name} has {size} bytes, which is no index of {n_items} × {dimension}; rebuild it")
    annoy = AnnoyIndex(dimension + 1, METRIC)
    annoy.load(str(path))
    if annoy.get_n_items() != n_items:
        raise IndexFileError(f"{path.name} holds {annoy.get_n_items()} items, not {n_items}; it is truncated or stale")
    return ItemIndex(annoy, item_vectors, search_k)


def _with_equal_norms(item_vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    if not len(item_vectors):
        raise ValueError("there is no item to index")
    if not np.isfinite(item_vectors).all():
        raise ValueError("an item vector holds NaN or infinity; train the model again")
    squares = np.einsum("ij,ij->i", item_vectors, item_vectors, dtype=np.float64)
    return np.column_stack([item_vectors, np.sqrt(squares.max() - squares).astype(np.float32)])
