"""Compiled search for the best items of a catalogue with digests (`pruning`).

An item's true score is summed only where two bounds, each with room for its own float32 rounding, allow that it
is among the best: first that of its block, then that of its digest, then that of its code, then a rough score.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.jit import Doubles, Floats, Ordinals, jit_reassociate, jit_strict
from recommendations.engine.ranking.kernels import descend, score, sift

BLOCK = 32
"""Items that share one bounding box."""
WIDTH = 16
"""Numbers in an item's digest: one cache line."""
BUCKETS = 16
"""Few, so that the blocks of one lie in the order in which they are stored and are read ahead."""
EPSILON = 2.0**-24
"""Largest relative error of one rounding to float32."""
UPWARDS = 1 + 1e-6
TINY = 1e-20
"""Vectors shorter than this, which no training gives, are too near to the smallest float32 for any bound."""
UNDERFLOW = 1e-36
"""More than float32 may lose where its numbers are too small for its precision."""
FEW = 8
"""Candidates are looked at one by one up to this part (an eighth) of the catalogue; above, blocks are faster."""
LAST = np.int32(2**31 - 1)


class RankingIndex(NamedTuple):
    """The item vectors (n_items, d), their digests and codes; the shapes are those that `pruning.digest` gives."""

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
    """Memory for a query at a time: marks (n_items,), all 0 between queries; bounds and sequence (n_blocks,)."""

    marks: NDArray[np.uint8]
    bounds: Floats
    sequence: Ordinals


class Filter(NamedTuple):
    """Who may appear: all but `exclude`, and where `narrowed` only `candidates`."""

    exclude: Ordinals
    candidates: Ordinals
    narrowed: bool


class Mask(NamedTuple):
    """The items in question are those whose mark is the wanted one."""

    marks: NDArray[np.uint8]
    wanted: np.uint8


class Rows(NamedTuple):
    """Ordinals by row, as in a CSR matrix."""

    indptr: NDArray[np.int64]
    ordinals: Ordinals


class Best(NamedTuple):
    """The best so far, a heap with the worst in front; in the end a list, best in front."""

    scores: Floats
    ordinals: Ordinals


class Aim(NamedTuple):
    """A user vector, ready: `weights` meet the digests; bound + offset + margin is never below the score.

    `length` is that of the user vector, rounded upwards.
    """

    user: Floats
    precise: Doubles
    weights: Floats
    length: np.float32
    offset: float
    margin: float


@jit_strict
def search(catalogue: RankingIndex, user: Floats, only: Filter, scratch: Scratch, best: Best) -> tuple[int, int]:
    """Write the best eligible items to `best`, in order, as many as it has room for.

    Returns
    -------
    written, eligible : int
    """
    marks = scratch.marks
    eligible = _mark(marks, only.candidates, 1) if only.narrowed else len(marks)
    eligible -= _mark(marks, only.exclude, 0 if only.narrowed else 1)
    written = min(len(best.scores), eligible)
    if written:
        best = Best(best.scores[:written], best.ordinals[:written])
        best.scores[:] = -np.inf
        best.ordinals[:] = LAST
        aim = _aim(catalogue, user)
        if only.narrowed and len(only.candidates) * FEW <= len(marks):
            _search_rows(catalogue, aim, only.candidates, marks, best)
        else:
            _search_blocks(catalogue, aim, scratch, np.uint8(only.narrowed), best)
        descend(best.scores, best.ordinals)
    _mark(marks, only.candidates, 0)
    _mark(marks, only.exclude, 0)
    return written, eligible


@jit_strict
def margin_of(dimension: int, length: float, longest: float) -> float:
    """How far sums in float32 may be from true scores, for users and items of these lengths at most."""
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
def _aim(catalogue: RankingIndex, user: Floats) -> Aim:
    precise = user.astype(np.float64)
    rest = precise.copy()
    weights = np.zeros(WIDTH, np.float32)
    for j in range(WIDTH - 1):
        weight = (catalogue.directions[j] * precise).sum()
        weights[j] = weight
        rest -= weight * catalogue.directions[j]
    weights[WIDTH - 1] = np.sqrt((rest * rest).sum())
    offset = (catalogue.mean * precise).sum()
    length = np.sqrt((precise * precise).sum())
    margin = margin_of(len(user), length, catalogue.longest[0])
    return Aim(user, precise, weights, np.float32(length * UPWARDS), offset, margin)


@jit_reassociate
def _search_rows(catalogue: RankingIndex, aim: Aim, rows: Ordinals, marks: NDArray[np.uint8], best: Best) -> None:
    scores, found = best.scores, best.ordinals
    items, user, precise, margin = catalogue.items, aim.user, aim.precise, aim.margin
    cut = np.float32(scores[0] - margin)
    for ordinal in rows:
        if marks[ordinal]:
            marks[ordinal] = 0
            rough = np.float32(0)
            for j in range(len(user)):
                rough += items[ordinal, j] * user[j]
            if rough >= cut:
                _offer(items, ordinal, precise, scores, found)
                cut = np.float32(scores[0] - margin)


@jit_reassociate
def _search_blocks(catalogue: RankingIndex, aim: Aim, scratch: Scratch, wanted: np.uint8, best: Best) -> None:
    scores, found = best.scores, best.ordinals
    items, ordinals, user, margin = catalogue.items, catalogue.ordinals, aim.user, aim.margin
    bounds, sequence, mask = scratch.bounds, scratch.sequence, Mask(scratch.marks, wanted)
    _bound_blocks(catalogue.lower, catalogue.upper, aim.weights, bounds)
    _order_blocks(bounds, sequence)
    block_bounds, places = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.int64)
    cut = low_cut = np.float32(-np.inf)
    for block in sequence:
        if bounds[block] < low_cut:
            continue
        _bound_items(catalogue.digests[block], aim.weights, block_bounds)
        for i in range(_sieve(block_bounds, low_cut, ordinals[block], mask, places)):
            place = places[i]
            coded = _decoded(catalogue.codes[block, place], user) * catalogue.steps[block, place]
            if coded + aim.length * catalogue.errors[block, place] < low_cut:
                continue
            ordinal = ordinals[block, place]
            rough = np.float32(0)
            for j in range(len(user)):
                rough += items[ordinal, j] * user[j]
            if rough >= cut:
                _offer(items, ordinal, aim.precise, scores, found)
                cut = np.float32(scores[0] - margin)
                low_cut = np.float32(scores[0] - margin - aim.offset)


@jit_strict
def _sieve(bounds: Floats, cut: np.float32, ordinals: Ordinals, mask: Mask, places: NDArray[np.int64]) -> int:
    """Write which items of a block are in question to `places`; returns how many.

    No branch depends on an item: the processor would guess a third of them wrong, which costs more than the rest.
    """
    passing = 0
    for place in range(BLOCK):
        places[passing] = place
        passing += bounds[place] >= cut
    left = 0
    for i in range(passing):
        place = places[i]
        ordinal = ordinals[place]
        places[left] = place
        left += (ordinal >= 0) & (mask.marks[ordinal] == mask.wanted)
    return left


@jit_reassociate
def _decoded(code: NDArray[np.int8], user: Floats) -> np.float32:
    total = np.float32(0)
    for j in range(len(user)):
        total += np.float32(code[j]) * user[j]
    return total


@jit_reassociate
def _bound_items(digests: Floats, weights: Floats, bounds: Floats) -> None:
    for place in range(BLOCK):
        bound = np.float32(0)
        for j in range(WIDTH):
            bound += weights[j] * digests[j, place]
        bounds[place] = bound


@jit_strict
def _order_blocks(bounds: Floats, sequence: Ordinals) -> None:
    """Blocks by falling bound, roughly: a counting sort into equal steps, so that the cut rises soon."""
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
def _offer(items: Floats, ordinal: np.int32, precise: Doubles, scores: Floats, found: Ordinals) -> None:
    """Put an item into the heap if it belongs there."""
    exact = score(items, ordinal, precise)
    if exact > scores[0] or (exact == scores[0] and ordinal < found[0]):
        sift(scores, found, len(scores), exact, ordinal)
