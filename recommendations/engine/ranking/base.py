"""Ranker contract, and the article's rankers: two exact ones and the approximate one.

Every ranker orders by descending score, breaks ties by the lower ordinal, leaves out `exclude`, ranks only
`candidates` where given, and returns fewer than k items only when fewer are eligible.
"""

import operator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommendations.engine.ranking.annoy_index import ItemIndex
from recommendations.engine.ranking.kernels import score_rows

MAX_ABSOLUTE = 1e15
"""Largest absolute value of a vector entry, so that no score overflows."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranked list of items.

    Attributes
    ----------
    ordinals : (m,) int32
        Ordinals of the items, best first; m ≤ k.
    scores : (m,) float32
        Dot products with the user vector, descending.
    examined : int
        Number of items scored to find the list: all eligible ones unless the ranker is approximate.
    """

    ordinals: NDArray[np.int32]
    scores: NDArray[np.float32]
    examined: int

    def __len__(self) -> int:
        return len(self.ordinals)


class Query(NamedTuple):
    """Validated arguments of a ranker; `rows` are the eligible ordinals, ascending, or None for all."""

    user_vector: NDArray[np.float32]
    k: int
    rows: NDArray[np.int32] | None


def exact_rank_naive(
    user_vector: ArrayLike,
    item_vectors: NDArray[np.float32],
    k: int,
    *,
    exclude: ArrayLike | None = None,
    candidates: ArrayLike | None = None,
) -> Ranking:
    """Score every item, sort all of them, and take the first k.

    Parameters
    ----------
    user_vector : (d,) float32
    item_vectors : (n_items, d) float32
    k : int
        Number of items wanted, 0 or more.
    exclude, candidates : ordinals, optional
        Items to leave out, and the only ones allowed; in any order, repetitions are ignored.

    Raises
    ------
    ValueError
        When shapes disagree, k is negative, an ordinal is outside the catalogue, or a score is not finite.

    Notes
    -----
    Scores are float32 in BLAS's order of summation, so items whose scores differ by less than float32 rounding may come
    in either order. `recommendations.engine.ranking.exact.ExactRanker` fixes the order.
    """
    query = _query(user_vector, item_vectors, k, exclude, candidates)
    scores = _scores(query, item_vectors)
    return _ranking(query, scores, np.argsort(-scores, kind="stable")[: query.k])


def exact_rank_partition(
    user_vector: ArrayLike,
    item_vectors: NDArray[np.float32],
    k: int,
    *,
    exclude: ArrayLike | None = None,
    candidates: ArrayLike | None = None,
) -> Ranking:
    """Score every item, find the k-th best score by partition, and sort only the items that reach it.

    Parameters, return value and errors are those of `exact_rank_naive`.
    """
    query = _query(user_vector, item_vectors, k, exclude, candidates)
    scores = _scores(query, item_vectors)
    if not 0 < query.k < len(scores):
        return _ranking(query, scores, np.argsort(-scores, kind="stable")[: query.k])
    kth = len(scores) - query.k
    contenders = np.flatnonzero(scores >= scores[np.argpartition(scores, kth)[kth]])
    best = contenders[np.argsort(-scores[contenders], kind="stable")[: query.k]]
    return _ranking(query, scores, best)


def approximate_rank(
    user_vector: ArrayLike,
    index: ItemIndex,
    k: int,
    *,
    exclude: ArrayLike | None = None,
    candidates: ArrayLike | None = None,
) -> Ranking:
    """Query the index for k items plus the number of excluded ones, and drop the excluded ones.

    The scores are exact, as in `exact.ExactRanker`, but the list may miss items (the index was built for a measured
    recall). With `candidates`, and where the index finds fewer than k eligible items, the list is exact.

    Parameters and errors are those of `exact_rank_naive`, with the index in place of the item matrix.
    """
    query = _query(user_vector, index.item_vectors, k, exclude, candidates)
    eligible = index.n_items if query.rows is None else len(query.rows)
    wanted = min(query.k, eligible)
    if candidates is not None or not wanted:
        return exact_rank_partition(user_vector, index.item_vectors, k, exclude=exclude, candidates=candidates)
    retrieved = index.nearest(query.user_vector, wanted + index.n_items - eligible)
    kept = retrieved if query.rows is None else retrieved[np.isin(retrieved, query.rows, assume_unique=True)]
    if len(kept) < wanted:
        return exact_rank_partition(user_vector, index.item_vectors, k, exclude=exclude)
    scores = score_rows(index.item_vectors, kept, query.user_vector.astype(np.float64))
    best = np.lexsort((kept, -scores))[:wanted]
    return Ranking(kept[best], scores[best], len(retrieved))


def checked_vector(user_vector: ArrayLike, dimension: int) -> NDArray[np.float32]:
    """Return `user_vector` as float32; raise ValueError unless it has `dimension` finite values."""
    vector = np.ascontiguousarray(user_vector, dtype=np.float32)
    if vector.shape != (dimension,):
        raise ValueError(f"the user vector has shape {vector.shape}; these items want ({dimension},)")
    if not (np.abs(vector) <= MAX_ABSOLUTE).all():
        raise ValueError("the user vector holds NaN or infinity, or an implausibly large value; train again")
    return vector


def checked_vectors(vectors: NDArray[np.float32], dimension: int | None = None) -> NDArray[np.float32]:
    """Return `vectors` as (m, d) float32; raise ValueError unless all values are finite and d matches `dimension`."""
    matrix = np.ascontiguousarray(vectors, dtype=np.float32)
    if matrix.ndim != 2 or dimension not in (None, matrix.shape[1]):
        raise ValueError(f"the vectors have shape {matrix.shape}; expected a row of {dimension or 'd'} values for each")
    if not matrix.size or not max(-float(matrix.min()), float(matrix.max())) <= MAX_ABSOLUTE:
        raise ValueError("there is no vector, or one holds NaN or infinity, or an implausibly large value; train again")
    return matrix


def checked_count(k: int) -> int:
    """Return `k` as an int; raise TypeError unless it is an integer, ValueError when it is negative."""
    k = operator.index(k)
    if k < 0:
        raise ValueError(f"k is {k}; ask for 0 or more items")
    return k


def checked_ordinals(ordinals: ArrayLike, n_items: int, name: str) -> NDArray[np.int32]:
    """Return `ordinals` as int32; raise TypeError unless they are integers, ValueError when one is out of range."""
    values = np.asarray(ordinals)
    if not values.size:
        return np.empty(0, np.int32)
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise TypeError(f"{name} has shape {values.shape} and dtype {values.dtype}; give a list of ordinals")
    if values.min() < 0 or values.max() >= n_items:
        raise ValueError(f"{name} names an item outside 0 … {n_items - 1}")
    return np.ascontiguousarray(values, dtype=np.int32)


def _query(
    user_vector: ArrayLike,
    item_vectors: NDArray[np.float32],
    k: int,
    exclude: ArrayLike | None,
    candidates: ArrayLike | None,
) -> Query:
    if item_vectors.ndim != 2:
        raise ValueError(f"the item vectors have shape {item_vectors.shape}; expected one row per item")
    n_items, dimension = item_vectors.shape
    rows = None
    if exclude is not None or candidates is not None:
        eligible = np.full(n_items, candidates is None)
        if candidates is not None:
            eligible[checked_ordinals(candidates, n_items, "candidates")] = True
        if exclude is not None:
            eligible[checked_ordinals(exclude, n_items, "exclude")] = False
        rows = np.flatnonzero(eligible).astype(np.int32)
    return Query(checked_vector(user_vector, dimension), checked_count(k), rows)


def _scores(query: Query, item_vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    if query.rows is None or 2 * len(query.rows) > len(item_vectors):
        # One pass over the whole matrix costs less than copying most of its rows.
        scores = item_vectors @ query.user_vector
        scores = scores if query.rows is None else scores[query.rows]
    else:
        scores = item_vectors[query.rows] @ query.user_vector
    if not np.isfinite(scores).all():
        raise ValueError("a score is not finite: the vectors hold NaN or infinity, or values that are too large")
    return scores


def _ranking(query: Query, scores: NDArray[np.float32], best: NDArray[np.intp]) -> Ranking:
    ordinals = best.astype(np.int32) if query.rows is None else query.rows[best]
    return Ranking(ordinals, scores[best], len(scores))
