"""Item features: metadata of the movies as weighted blocks of a sparse matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, diags_array, hstack, identity

from recommendations.engine.data.interactions import IdMap

IDENTITY = "identity"
WEIGHTS: Mapping[str, float] = {IDENTITY: 1.0, "genres": 0.3, "tags": 0.3, "genome": 0.3, "decades": 0.1}
"""L2 norm of a movie's row in each block.

`lightfm.data` divides by the row's sum instead, which leaves a movie with thirty tags a thirtieth of its own embedding
(lyst/lightfm#551).
"""
MAX_GENOME_TAGS = 20
"""Number of a movie's highest genome scores that are kept: LightFM's time grows with the entries of a row."""
MAX_USER_TAGS = 20
"""Number of a movie's most frequent user tags that are kept: the best-known movies have hundreds."""


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of movies, such as genres or tags.

    Attributes
    ----------
    matrix : (n_items, n_labels) csr_matrix of float32
        Strength of each label, 0 where absent.
    names : tuple of str
    """

    matrix: csr_matrix
    names: tuple[str, ...]

    @classmethod
    def of_pairs(
        cls, items: IdMap, item_ids: ArrayLike, names: Sequence[str], *, min_items: int = 1, most: int | None = None
    ) -> Self:
        """Build labels from pairs of an item id and a name; repeated pairs count once.

        Parameters
        ----------
        items : IdMap
        item_ids : (m,) int
            Pairs whose item is not in the map are dropped.
        names : m str
        min_items : int
            Names on fewer items are dropped: a name on a single item adds nothing to the item's identity.
        most : int, optional
            Maximum number of names per item; the most frequent pairs are kept.
        """
        rows = items.ordinals(item_ids, missing="mark")
        known, columns = np.unique(np.asarray(names, dtype=np.str_), return_inverse=True)
        kept = rows >= 0
        matrix = csr_matrix((np.ones(kept.sum(), np.float32), (rows[kept], columns[kept])), (len(items), len(known)))
        frequent = np.bincount(matrix.indices, minlength=len(known)) >= min_items
        matrix = csr_matrix(matrix[:, frequent])
        if most is not None:
            matrix = _keep_largest(matrix, most)
        matrix.data[:] = 1
        return cls(matrix, tuple(known[frequent].tolist()))

    @classmethod
    def strongest(cls, scores: NDArray[np.floating], names: Sequence[str], n: int = MAX_GENOME_TAGS) -> Self:
        """Keep the `n` highest scores of each row of a dense (n_items, n_labels) matrix, such as the tag genome."""
        n = min(n, scores.shape[1])
        best = np.argpartition(-scores, n - 1, axis=1)[:, :n] if n else np.empty((len(scores), 0), np.intp)
        rows = np.repeat(np.arange(len(scores)), n)
        matrix = csr_matrix((scores[rows, best.ravel()].astype(np.float32), (rows, best.ravel())), scores.shape)
        matrix.eliminate_zeros()
        return cls(matrix, tuple(names))


@dataclass(frozen=True, eq=False)
class ItemFeatures:
    """Item features in blocks of columns.

    Attributes
    ----------
    matrix : (n_items, n_features) csr_matrix of float32
        An item's vector is its row times the feature vectors.
    names : tuple of str
        Column names, prefixed by their block ("genres:Comedy"), so that the tag "1984" differs from the movie 1984.
    blocks : mapping of str to slice
        Columns of each block; the first block is the identity, one column per item.
    """

    matrix: csr_matrix
    names: tuple[str, ...]
    blocks: Mapping[str, slice]

    @classmethod
    def build(
        cls,
        items: IdMap,
        blocks: Mapping[str, Labels] | None = None,
        *,
        years: NDArray[np.integer] | None = None,
        weights: Mapping[str, float] = WEIGHTS,
    ) -> Self:
        """Build the matrix from the identity, the given blocks, and the decade of release.

        Parameters
        ----------
        items : IdMap
        blocks : mapping of a block's name ("genres", "tags", "genome") to Labels, optional
        years : (n_items,) int, optional
            0 where unknown.
        weights : mapping of str to float
            L2 norm of a row in each block; a block of weight 0 is omitted.

        Raises
        ------
        ValueError
            When a block's number of rows differs from the number of items.
        """
        blocks = dict(blocks or {})
        if years is not None:
            blocks["decades"] = _decades(items, years)
        for name, labels in blocks.items():
            if labels.matrix.shape[0] != len(items):
                raise ValueError(f"the {name} have {labels.matrix.shape[0]} rows for {len(items)} items")
        used = {name: labels for name, labels in blocks.items() if weights[name] and labels.names}
        parts = [identity(len(items), np.float32, format="csr") * np.float32(weights[IDENTITY])]
        parts += [_scale_rows(labels.matrix, weights[name]) for name, labels in used.items()]
        names = [f"{IDENTITY}:{item}" for item in items.ids]
        names += [f"{name}:{label}" for name, labels in used.items() for label in labels.names]
        ends = np.cumsum([0, *(part.shape[1] for part in parts)]).tolist()
        slices = {name: slice(*ends[position : position + 2]) for position, name in enumerate([IDENTITY, *used])}
        return cls(csr_matrix(hstack(parts, format="csr", dtype=np.float32)), tuple(names), slices)

    @property
    def beside_identity(self) -> csr_matrix:
        """(n_items, m) csr_matrix of float32: the columns of all blocks except the identity."""
        return csr_matrix(self.matrix[:, self.blocks[IDENTITY].stop :])

    @property
    def n_items(self) -> int:
        return int(self.matrix.shape[0])

    @property
    def n_features(self) -> int:
        return int(self.matrix.shape[1])


def _decades(items: IdMap, years: NDArray[np.integer]) -> Labels:
    known = years > 0
    return Labels.of_pairs(items, items.ids[known], [f"{year // 10 * 10}s" for year in years[known]])


def _keep_largest(matrix: csr_matrix, n: int) -> csr_matrix:
    """Keep the `n` largest entries of each row; among equal ones, the first."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    kept = order[np.arange(len(order)) - matrix.indptr[rows] < n]
    return csr_matrix((matrix.data[kept], (rows[kept], matrix.indices[kept])), matrix.shape)


def _scale_rows(matrix: csr_matrix, length: float) -> csr_matrix:
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1), dtype=np.float64)).ravel()
    scale = np.divide(length, norms, out=np.zeros_like(norms), where=norms > 0)
    return csr_matrix(diags_array(scale) @ matrix, dtype=np.float32)
