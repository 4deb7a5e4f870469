"""Compiled branch-and-bound search for the top k items of an index with digests (`bounds`).

An item's true score is computed only if none of its bounds, each with a margin for its own float32 rounding, rules it
out: first its block's, then its digest's, then its code's, then a rough score.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.jit import Doubles, Floats, Ordinals, jit_reassociate, jit_strict
from recommendations.engine.ranking.kernels import descend, score, sift

BLOCK = 32
"""Items per bounding box."""
WIDTH = 16
"""Values in an item's digest: one cache line."""
BUCKETS = 16
"""Few, so that the blocks of one bucket are in storage order and are prefetched."""
EPSILON = 2.0**-24
"""Largest relative error of rounding once to float32."""
ROUND_UP = 1 + 1e-6
TINY = 1e-20
"""Vectors with a smaller norm, which no training gives, are too close to the smallest float32 for any bound."""
UNDERFLOW = 1e-36
"""Upper bound of the absolute error of float32 among subnormal numbers."""
SPARSE_FACTOR = 8
"""Up to this fraction of the catalogue (an eighth), candidates are scored one by one; above, blocks are faster."""
LAST = np.int32(2**31 - 1)


class RankingIndex(NamedTuple):
    """The item vectors (n_items, d), their digests and codes; the shapes are those of `bounds.digest`."""

    items: Floats
    mean: Doubles
    directions: Doubles
    longest: Doubles
    digests: Floats
    ordinals: Ordinals
    lower: Floats
    upper: Floats
    codes: NDArray[np.int8]
    steps: Floats
    errors: Floats


class Scratch(NamedTuple):
    """Buffers of one query: marks (n_items,), all 0 between queries; bounds and sequence (n_blocks,)."""

    marks: NDArray[np.uint8]
    bounds: Floats
    sequence: Ordinals


class Filter(NamedTuple):
    """The eligible items: all but `exclude` and, where `narrowed`, only `candidates`."""

    exclude: Ordinals
    candidates: Ordinals
    narrowed: bool


class Mask(NamedTuple):
    """The eligible items are those whose mark is `wanted`."""

    marks: NDArray[np.uint8]
    wanted: np.uint8


class Rows(NamedTuple):
    """Ordinals by row, as in a CSR matrix."""

    indptr: NDArray[np.int64]
    ordinals: Ordinals


class Best(NamedTuple):
    """The best items so far: a min-heap during the search, a list with the best first afterwards."""

    scores: Floats
    ordinals: Ordinals


class PreparedUser(NamedTuple):
    """A prepared user vector: `weights` multiply the digests; bound + offset + margin is never below the score.

    `length` is the norm of the user vector, rounded up.
    """

    user: Floats
    user64: Doubles
    weights: Floats
    length: np.float32
    offset: float
    margin: float


@jit_strict
def search(index: RankingIndex, user: Floats, query_filter: Filter, scratch: Scratch, best: Best) -> tuple[int, int]:
    """Write the best eligible items to `best`, in order, up to its size.

    Returns
    -------
    written, eligible : int
    """
    marks = scratch.marks
    eligible = _mark(marks, query_filter.candidates, 1) if query_filter.narrowed else len(marks)
    eligible -= _mark(marks, query_filter.exclude, 0 if query_filter.narrowed else 1)
    written = min(len(best.scores), eligible)
    if written:
        best = Best(best.scores[:written], best.ordinals[:written])
        best.scores[:] = -np.inf
        best.ordinals[:] = LAST
        prepared = _prepare_user(index, user)
        if query_filter.narrowed and len(query_filter.candidates) * SPARSE_FACTOR <= len(marks):
            _search_rows(index, prepared, query_filter.candidates, marks, best)
        else:
            _search_blocks(index, prepared, scratch, np.uint8(query_filter.narrowed), best)
        descend(best.scores, best.ordinals)
    _mark(marks, query_filter.candidates, 0)
    _mark(marks, query_filter.exclude, 0)
    return written, eligible


@jit_strict
def margin_of(dimension: int, length: float, longest: float) -> float:
    """Upper bound of the error of float32 sums, for users and items of up to these norms."""
    if min(length, longest) < TINY:
        return float(np.inf)
    return 2 * (dimension + 96) * EPSILON * length * longest + UNDERFLOW


@jit_strict
def _mark(marks: NDArray[np.uint8], ordinals: Ordinals, value: int) -> int:
    changed = 0
    for ordinal in ordinals:
        changed += marks[ordinal] != value
        marks[ordinal] = value
    return changed


@jit_strict
def _prepare_user(index: RankingIndex, user: Floats) -> PreparedUser:
    user64 = user.astype(np.float64)
    rest = user64.copy()
    weights = np.zeros(WIDTH, np.float32)
    for j in range(WIDTH - 1):
        weight = (index.directions[j] * user64).sum()
        weights[j] = weight
        rest -= weight * index.directions[j]
    weights[WIDTH - 1] = np.sqrt((rest * rest).sum())
    offset = (index.mean * user64).sum()
    length = np.sqrt((user64 * user64).sum())
    margin = margin_of(len(user), length, index.longest[0])
    return PreparedUser(user, user64, weights, np.float32(length * ROUND_UP), offset, margin)


@jit_reassociate
def _search_rows(
    index: RankingIndex, prepared: PreparedUser, rows: Ordinals, marks: NDArray[np.uint8], best: Best
) -> None:
    scores, best_ordinals = best.scores, best.ordinals
    items, user, user64, margin = index.items, prepared.user, prepared.user64, prepared.margin
    cut = np.float32(scores[0] - margin)
    for ordinal in rows:
        if marks[ordinal]:
            marks[ordinal] = 0
            approximate = np.float32(0)
            for j in range(len(user)):
                approximate += items[ordinal, j] * user[j]
            if approximate >= cut:
                _push(items, ordinal, user64, scores, best_ordinals)
                cut = np.float32(scores[0] - margin)


@jit_reassociate
def _search_blocks(index: RankingIndex, prepared: PreparedUser, scratch: Scratch, wanted: np.uint8, best: Best) -> None:
    scores, best_ordinals = best.scores, best.ordinals
    items, ordinals, user, margin = index.items, index.ordinals, prepared.user, prepared.margin
    bounds, sequence, mask = scratch.bounds, scratch.sequence, Mask(scratch.marks, wanted)
    _bound_blocks(index.lower, index.upper, prepared.weights, bounds)
    _order_blocks(bounds, sequence)
    block_bounds, positions = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.int64)
    cut = low_cut = np.float32(-np.inf)
    for block in sequence:
        if bounds[block] < low_cut:
            continue
        _bound_items(index.digests[block], prepared.weights, block_bounds)
        for i in range(_select_items(block_bounds, low_cut, ordinals[block], mask, positions)):
            position = positions[i]
            coded = _decoded(index.codes[block, position], user) * index.steps[block, position]
            if coded + prepared.length * index.errors[block, position] < low_cut:
                continue
            ordinal = ordinals[block, position]
            approximate = np.float32(0)
            for j in range(len(user)):
                approximate += items[ordinal, j] * user[j]
            if approximate >= cut:
                _push(items, ordinal, prepared.user64, scores, best_ordinals)
                cut = np.float32(scores[0] - margin)
                low_cut = np.float32(scores[0] - margin - prepared.offset)


@jit_strict
def _select_items(bounds: Floats, cut: np.float32, ordinals: Ordinals, mask: Mask, positions: NDArray[np.int64]) -> int:
    """Write the positions of a block's items that remain to `positions`, and return their number.

    No branch depends on an item: the processor would mispredict a third of them, which costs more than the rest.
    """
    n_passing = 0
    for position in range(BLOCK):
        positions[n_passing] = position
        n_passing += bounds[position] >= cut
    kept = 0
    for i in range(n_passing):
        position = positions[i]
        ordinal = ordinals[position]
        positions[kept] = position
        kept += (ordinal >= 0) & (mask.marks[ordinal] == mask.wanted)
    return kept


@jit_reassociate
def _decoded(code: NDArray[np.int8], user: Floats) -> np.float32:
    total = np.float32(0)
    for j in range(len(user)):
        total += np.float32(code[j]) * user[j]
    return total


@jit_reassociate
def _bound_items(digests: Floats, weights: Floats, bounds: Floats) -> None:
    for position in range(BLOCK):
        bound = np.float32(0)
        for j in range(WIDTH):
            bound += weights[j] * digests[j, position]
        bounds[position] = bound


@jit_strict
def _order_blocks(bounds: Floats, sequence: Ordinals) -> None:
    """Order blocks by descending bound, roughly: a counting sort into equal steps, so that the cut rises early."""
    high, low = float(bounds.max()), float(bounds.min())
    step = (BUCKETS - 1) / (high - low) if high > low else 0.0
    ends = np.zeros(BUCKETS + 1, np.int32)
    for bound in bounds:
        ends[int((high - bound) * step) + 1] += 1
    for bucket in range(BUCKETS):
        ends[bucket + 1] += ends[bucket]
    for block in range(len(bounds)):
        bucket = int((high - bounds[block]) * step)
        sequence[ends[bucket]] = block
        ends[bucket] += 1


@jit_reassociate
def _bound_blocks(lower: Floats, upper: Floats, weights: Floats, bounds: Floats) -> None:
    bounds[:] = 0
    for j in range(WIDTH):
        corner = upper[j] if weights[j] > 0 else lower[j]
        for block in range(len(bounds)):
            bounds[block] += weights[j] * corner[block]


@jit_strict
def _push(items: Floats, ordinal: np.int32, user64: Doubles, scores: Floats, best_ordinals: Ordinals) -> None:
    """Push an item onto the heap if it is among the best."""
    exact = score(items, ordinal, user64)
    if exact > scores[0] or (exact == scores[0] and ordinal < best_ordinals[0]):
        sift(scores, best_ordinals, len(scores), exact, ordinal)
