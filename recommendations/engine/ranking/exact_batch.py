"""The best items of many users at once: rough scores by matrix products, true ones for what may be best.

A product sums in float32 in an order of its own, which `searching.margin_of` bounds.  So whatever is within two
margins of a user's k-th best rough score is scored truly, and the lists are those of `searching.search`.
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
"""Sides of a product, so that it stays in the processor's cache."""
CHUNK = 32
ROOM = 1_024
MOST_ROOM = 1 << 21
NOBODY = np.empty(0, np.int32)
LOWEST = np.float32(-3.4e38)
"""Below every score, and above −∞, the score of what a user goes without."""


class Sieve(NamedTuple):
    """What may be best so far of each of m users (m, d).

    Row i of `scores` and `ordinals` (m, room) is filled up to `sizes[i]`; what is rougher than `cuts[i]` is out of
    the question.  `places[i]` says how many of the items that the user goes without have been passed.  `full[i]` tells
    that there were too many as good as each other.
    """

    users: Floats
    scores: Floats
    ordinals: Ordinals
    sizes: NDArray[np.int64]
    cuts: Floats
    margins: Doubles
    places: NDArray[np.int64]
    full: NDArray[np.bool_]


def search_many(catalogue: RankingIndex, users: Floats, exclude: Rows, scratch: Scratch, best: Best) -> None:
    """`searching.search` for each row of `users` without its row of `exclude`; −1 where nothing is left."""
    k = best.scores.shape[1]
    step = max(1, min(USERS, MOST_ROOM // (2 * k + ROOM)))
    products = np.empty((step, ITEMS), np.float32)
    ordinals = _sorted_rows(exclude)
    ordinals.flags.writeable = False
    out = Rows(exclude.indptr, ordinals)
    for start in range(0, len(users) if k else 0, step):
        part = slice(start, start + step)
        some = users[part]
        rows = Rows(out.indptr[start : start + len(some) + 1], out.ordinals)
        sieve = _sieve(catalogue, some, 2 * k + ROOM, rows)
        for first in range(0, len(catalogue.items), ITEMS):
            tile = catalogue.items[first : first + ITEMS]
            rough = np.matmul(some, tile.T, out=products[: len(some), : len(tile)])
            _collect(rough, first, rows, sieve, k)
        _finish(catalogue, rows, scratch, sieve, Best(best.scores[part], best.ordinals[part]))


def _sieve(catalogue: RankingIndex, users: Floats, room: int, rows: Rows) -> Sieve:
    n_users = len(users)
    lengths = np.linalg.norm(users.astype(np.float64), axis=1)
    return Sieve(
        users,
        np.empty((n_users, room), np.float32),
        np.empty((n_users, room), np.int32),
        np.zeros(n_users, np.int64),
        np.full(n_users, LOWEST),
        np.array([margin_of(users.shape[1], length, catalogue.longest[0]) for length in lengths]),
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
def _collect(rough: Floats, first: int, rows: Rows, sieve: Sieve, k: int) -> None:
    """Take what may be best from the rough scores (m, n) of the items from `first` on."""
    n_items = rough.shape[1]
    for i in range(len(rough)):
        if sieve.full[i]:
            continue
        place = sieve.places[i]
        while place < rows.indptr[i + 1] and rows.ordinals[place] < first + n_items:
            rough[i, rows.ordinals[place] - first] = -np.inf
            place += 1
        sieve.places[i] = place
        for start in range(0, n_items, CHUNK):
            end = min(start + CHUNK, n_items)
            highest = LOWEST
            for j in range(start, end):
                highest = rough[i, j] if rough[i, j] > highest else highest
            if highest >= sieve.cuts[i]:
                _take(rough[i, start:end], first + start, sieve, i)
                if sieve.sizes[i] + CHUNK > sieve.scores.shape[1]:
                    _compact(sieve, i, k)
                if sieve.full[i]:
                    break


@jit_strict
def _take(rough: Floats, first: int, sieve: Sieve, i: int) -> None:
    size, cut = sieve.sizes[i], sieve.cuts[i]
    for j in range(len(rough)):
        sieve.scores[i, size] = rough[j]
        sieve.ordinals[i, size] = first + j
        size += rough[j] >= cut
    sieve.sizes[i] = size


@jit_strict
def _compact(sieve: Sieve, i: int, k: int) -> None:
    """Raise the cut to two margins below the k-th best, and drop what is below it."""
    size = sieve.sizes[i]
    if size > k:
        border = np.partition(sieve.scores[i, :size], size - k)[size - k]
        sieve.cuts[i] = max(LOWEST, np.float32(border - 2 * sieve.margins[i]))
    left = 0
    for j in range(size):
        sieve.scores[i, left] = sieve.scores[i, j]
        sieve.ordinals[i, left] = sieve.ordinals[i, j]
        left += sieve.scores[i, j] >= sieve.cuts[i]
    sieve.sizes[i] = left
    sieve.full[i] = left + CHUNK > sieve.scores.shape[1]


@jit_strict
def _finish(catalogue: RankingIndex, rows: Rows, scratch: Scratch, sieve: Sieve, best: Best) -> None:
    for i in range(len(sieve.users)):
        row = Best(best.scores[i], best.ordinals[i])
        if sieve.full[i]:
            out = rows.ordinals[rows.indptr[i] : rows.indptr[i + 1]]
            written, _ = search(catalogue, sieve.users[i], Filter(out, NOBODY, False), scratch, row)
        else:
            _compact(sieve, i, len(row.scores))
            written = min(len(row.scores), sieve.sizes[i])
            _score(catalogue.items, sieve, i, Best(row.scores[:written], row.ordinals[:written]))
        row.scores[written:] = -np.inf
        row.ordinals[written:] = -1


@jit_strict
def _score(items: Floats, sieve: Sieve, i: int, best: Best) -> None:
    """The truly best of what is left of a user's items, in order."""
    best.scores[:] = -np.inf
    best.ordinals[:] = LAST
    precise = sieve.users[i].astype(np.float64)
    for ordinal in sieve.ordinals[i, : sieve.sizes[i]]:
        exact = score(items, ordinal, precise)
        if len(best.scores) and (exact > best.scores[0] or (exact == best.scores[0] and ordinal < best.ordinals[0])):
            sift(best.scores, best.ordinals, len(best.scores), exact, ordinal)
    descend(best.scores, best.ordinals)
