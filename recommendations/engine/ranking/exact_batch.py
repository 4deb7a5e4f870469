"""Exact top-k for many users at once: rough scores by matrix products, true scores for the items that may be best.

A matrix product sums in float32 in an order of its own; `exact_search.margin_of` bounds its error. Every item within
two margins of a user's k-th best rough score is therefore scored exactly, and the lists are those of
`exact_search.search`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.jit import Doubles, Floats, Ordinals, jit_no_nan, jit_strict
from recommendations.engine.ranking.exact_search import (
    LAST,
    Best,
    Filter,
    RankingIndex,
    Rows,
    Scratch,
    margin_of,
    search,
)
from recommendations.engine.ranking.kernels import descend, score, sift

USERS, ITEMS = 256, 1_024
"""Tile sizes of the matrix product, which keep it in the processor's cache."""
CHUNK = 32
ROOM = 1_024
MAX_ROOM = 1 << 21
NO_ORDINALS = np.empty(0, np.int32)
LOWEST = np.float32(-3.4e38)
"""Below every score, and above −∞, the score of excluded items."""


class Shortlists(NamedTuple):
    """Shortlists of the items that may be among the top k, for m users (m, d).

    Row i of `scores` and `ordinals` (m, room) is filled up to `sizes[i]`; rough scores below `cuts[i]` are ruled out.
    `positions[i]` counts the user's excluded items that have been passed. `full[i]` marks a user with too many items
    of nearly equal score for the room.
    """

    users: Floats
    scores: Floats
    ordinals: Ordinals
    sizes: NDArray[np.int64]
    cuts: Floats
    margins: Doubles
    positions: NDArray[np.int64]
    full: NDArray[np.bool_]


def search_many(index: RankingIndex, users: Floats, exclude: Rows, scratch: Scratch, best: Best) -> None:
    """Run `exact_search.search` for each row of `users` without its row of `exclude`; −1 where no item is left."""
    k = best.scores.shape[1]
    step = max(1, min(USERS, MAX_ROOM // (2 * k + ROOM)))
    products = np.empty((step, ITEMS), np.float32)
    ordinals = _sorted_rows(exclude)
    ordinals.flags.writeable = False
    sorted_exclude = Rows(exclude.indptr, ordinals)
    for start in range(0, len(users) if k else 0, step):
        part = slice(start, start + step)
        block = users[part]
        rows = Rows(sorted_exclude.indptr[start : start + len(block) + 1], sorted_exclude.ordinals)
        shortlists = _new_shortlists(index, block, 2 * k + ROOM, rows)
        for first in range(0, len(index.items), ITEMS):
            tile = index.items[first : first + ITEMS]
            rough = np.matmul(block, tile.T, out=products[: len(block), : len(tile)])
            _collect(rough, first, rows, shortlists, k)
        _finish(index, rows, scratch, shortlists, Best(best.scores[part], best.ordinals[part]))


def _new_shortlists(index: RankingIndex, users: Floats, room: int, rows: Rows) -> Shortlists:
    n_users = len(users)
    lengths = np.linalg.norm(users.astype(np.float64), axis=1)
    return Shortlists(
        users,
        np.empty((n_users, room), np.float32),
        np.empty((n_users, room), np.int32),
        np.zeros(n_users, np.int64),
        np.full(n_users, LOWEST),
        np.array([margin_of(users.shape[1], length, index.longest[0]) for length in lengths]),
        rows.indptr[:-1].copy(),
        np.zeros(n_users, np.bool_),
    )


@jit_strict
def _sorted_rows(rows: Rows) -> Ordinals:
    ordinals = rows.ordinals.copy()
    for i in range(len(rows.indptr) - 1):
        row = ordinals[rows.indptr[i] : rows.indptr[i + 1]]
        if (row[1:] < row[:-1]).any():
            row.sort()
    return ordinals


@jit_no_nan
def _collect(rough: Floats, first: int, rows: Rows, shortlists: Shortlists, k: int) -> None:
    """Add the items that may be best to the shortlists, from rough scores (m, n) of the items from `first` on."""
    n_items = rough.shape[1]
    for i in range(len(rough)):
        if shortlists.full[i]:
            continue
        position = shortlists.positions[i]
        while position < rows.indptr[i + 1] and rows.ordinals[position] < first + n_items:
            rough[i, rows.ordinals[position] - first] = -np.inf
            position += 1
        shortlists.positions[i] = position
        for start in range(0, n_items, CHUNK):
            end = min(start + CHUNK, n_items)
            highest = LOWEST
            for j in range(start, end):
                highest = rough[i, j] if rough[i, j] > highest else highest
            if highest >= shortlists.cuts[i]:
                _append(rough[i, start:end], first + start, shortlists, i)
                if shortlists.sizes[i] + CHUNK > shortlists.scores.shape[1]:
                    _compact(shortlists, i, k)
                if shortlists.full[i]:
                    break


@jit_strict
def _append(rough: Floats, first: int, shortlists: Shortlists, i: int) -> None:
    size, cut = shortlists.sizes[i], shortlists.cuts[i]
    for j in range(len(rough)):
        shortlists.scores[i, size] = rough[j]
        shortlists.ordinals[i, size] = first + j
        size += rough[j] >= cut
    shortlists.sizes[i] = size


@jit_strict
def _compact(shortlists: Shortlists, i: int, k: int) -> None:
    """Raise the cut to two margins below the k-th best score, and drop the items below it."""
    size = shortlists.sizes[i]
    if size > k:
        border = np.partition(shortlists.scores[i, :size], size - k)[size - k]
        shortlists.cuts[i] = max(LOWEST, np.float32(border - 2 * shortlists.margins[i]))
    kept = 0
    for j in range(size):
        shortlists.scores[i, kept] = shortlists.scores[i, j]
        shortlists.ordinals[i, kept] = shortlists.ordinals[i, j]
        kept += shortlists.scores[i, j] >= shortlists.cuts[i]
    shortlists.sizes[i] = kept
    shortlists.full[i] = kept + CHUNK > shortlists.scores.shape[1]


@jit_strict
def _finish(index: RankingIndex, rows: Rows, scratch: Scratch, shortlists: Shortlists, best: Best) -> None:
    for i in range(len(shortlists.users)):
        row = Best(best.scores[i], best.ordinals[i])
        if shortlists.full[i]:
            excluded = rows.ordinals[rows.indptr[i] : rows.indptr[i + 1]]
            written, _ = search(index, shortlists.users[i], Filter(excluded, NO_ORDINALS, False), scratch, row)
        else:
            _compact(shortlists, i, len(row.scores))
            written = min(len(row.scores), shortlists.sizes[i])
            _score(index.items, shortlists, i, Best(row.scores[:written], row.ordinals[:written]))
        row.scores[written:] = -np.inf
        row.ordinals[written:] = -1


@jit_strict
def _score(items: Floats, shortlists: Shortlists, i: int, best: Best) -> None:
    """Score a user's shortlist exactly, and write the best items in order."""
    best.scores[:] = -np.inf
    best.ordinals[:] = LAST
    user64 = shortlists.users[i].astype(np.float64)
    for ordinal in shortlists.ordinals[i, : shortlists.sizes[i]]:
        exact = score(items, ordinal, user64)
        if len(best.scores) and (exact > best.scores[0] or (exact == best.scores[0] and ordinal < best.ordinals[0])):
            sift(best.scores, best.ordinals, len(best.scores), exact, ordinal)
    descend(best.scores, best.ordinals)
