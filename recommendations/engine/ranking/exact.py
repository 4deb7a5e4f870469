"""Exact ranker for serving: finds the true top k without scoring most of the catalogue."""

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommendations.engine.ranking.base import (
    Ranking,
    checked_count,
    checked_ordinals,
    checked_vector,
    checked_vectors,
)
from recommendations.engine.ranking.bounds import digest
from recommendations.engine.ranking.exact_batch import search_many
from recommendations.engine.ranking.exact_search import Best, Filter, RankingIndex, Rows, Scratch, search


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view, so that memory-mapped and fresh arrays have one type for the compiler."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


NO_ORDINALS = _frozen(np.empty(0, np.int32))


class ExactRanker:
    """Exact top-k ranker; thread-safe.

    The score of an item is the dot product of its float32 vector with the user's, summed in float64 in a fixed order
    and rounded once to float32 (`kernels.score`). Items of equal score are ordered by ordinal. The same vectors
    therefore give the same list on every machine, and a filter changes only which items may appear.

    Parameters
    ----------
    index : RankingIndex
        From `prepare` or `from_arrays`.
    """

    def __init__(self, index: RankingIndex) -> None:
        self._index = index
        self._local = threading.local()
        # Loads the compiled code (a quarter of a second) now, not in the first visitor's request.
        self.rank(np.zeros(index.items.shape[1], np.float32), 1)

    @classmethod
    def prepare(cls, item_vectors: NDArray[np.float32]) -> "ExactRanker":
        """Compute the digests of `item_vectors` (n_items, d), which are kept without a copy.

        Raises
        ------
        ValueError
            When there is no item, or a vector holds NaN, infinity or a number above 10¹⁵.
        """
        checked_vectors(item_vectors)
        return cls.from_arrays(item_vectors, digest(item_vectors))

    @classmethod
    def from_arrays(cls, item_vectors: NDArray[np.float32], arrays: Mapping[str, NDArray[Any]]) -> "ExactRanker":
        """Restore a ranker from stored `arrays()`; they and the vectors may be memory-mapped.

        Raises
        ------
        ValueError
            When the arrays belong to another number of item vectors.
        """
        if len(item_vectors) != np.count_nonzero(arrays["ordinals"] >= 0):
            raise ValueError(f"the digests are not those of these {len(item_vectors)} item vectors")
        return cls(RankingIndex(_frozen(item_vectors), **{name: _frozen(array) for name, array in arrays.items()}))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that `prepare` computed, by name; see `bounds.digest`."""
        arrays = self._index._asdict()
        del arrays["items"]
        return arrays

    def rank(
        self,
        user_vector: ArrayLike,
        k: int,
        *,
        exclude: ArrayLike | None = None,
        candidates: ArrayLike | None = None,
    ) -> Ranking:
        """Return the top k; parameters and errors are those of `base.exact_rank_naive`."""
        n_items, dimension = self._index.items.shape
        user = _frozen(checked_vector(user_vector, dimension))
        size = min(checked_count(k), n_items)
        best = Best(np.empty(size, np.float32), np.empty(size, np.int32))
        query_filter = Filter(
            NO_ORDINALS if exclude is None else _frozen(checked_ordinals(exclude, n_items, "exclude")),
            NO_ORDINALS if candidates is None else _frozen(checked_ordinals(candidates, n_items, "candidates")),
            candidates is not None,
        )
        written, eligible = search(self._index, user, query_filter, self._scratch(), best)
        return Ranking(best.ordinals[:written], best.scores[:written], eligible)

    def rank_many(
        self,
        user_vectors: NDArray[np.float32],
        k: int,
        *,
        exclude: tuple[NDArray[np.integer], NDArray[np.integer]] | None = None,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the top k for each of many users.

        Parameters
        ----------
        user_vectors : (m, d) float32
        k : int
        exclude : (indptr (m + 1,), ordinals), optional
            User i's excluded items are `ordinals[indptr[i]:indptr[i + 1]]`, as in the rows of a CSR matrix.

        Returns
        -------
        ordinals : (m, k) int32
            −1 where no item is left.
        scores : (m, k) float32
            −inf where no item is left.
        """
        n_items, dimension = self._index.items.shape
        users = _frozen(checked_vectors(user_vectors, dimension))
        shape = len(users), checked_count(k)
        best = Best(np.empty(shape, np.float32), np.empty(shape, np.int32))
        indptr, ordinals = (np.zeros(len(users) + 1), NO_ORDINALS) if exclude is None else exclude
        if len(indptr) != len(users) + 1 or indptr[0] or indptr[-1] != len(ordinals) or (np.diff(indptr) < 0).any():
            raise ValueError(f"exclude has no row for each of the {len(users)} users")
        rows = Rows(indptr.astype(np.int64), _frozen(checked_ordinals(ordinals, n_items, "exclude")))
        search_many(self._index, users, rows, self._scratch(), best)
        return best.ordinals, best.scores

    def _scratch(self) -> Scratch:
        if not hasattr(self._local, "scratch"):
            n_blocks = self._index.lower.shape[1]
            marks = np.zeros(len(self._index.items), np.uint8)
            self._local.scratch = Scratch(marks, np.empty(n_blocks, np.float32), np.empty(n_blocks, np.int32))
        scratch: Scratch = self._local.scratch
        return scratch
