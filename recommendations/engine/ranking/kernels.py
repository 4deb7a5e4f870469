"""Compiled kernels of the exact ranker: the score of an item, and a heap of the best items."""

import numpy as np

from recommendations.engine.jit import Doubles, Floats, Ordinals, jit_strict


@jit_strict
def score(items: Floats, row: int, user: Doubles) -> np.float32:
    """Dot product of an item's row with the user vector, rounded once to float32.

    It sums in float64 in four lanes (columns 0, 4, 8, …; 1, 5, 9, …; and so on), which are added last.
    """
    a = b = c = d = 0.0
    lanes_end = len(user) - len(user) % 4
    for j in range(0, lanes_end, 4):
        a += items[row, j] * user[j]
        b += items[row, j + 1] * user[j + 1]
        c += items[row, j + 2] * user[j + 2]
        d += items[row, j + 3] * user[j + 3]
    for j in range(lanes_end, len(user)):
        a += items[row, j] * user[j]
    return np.float32((a + b) + (c + d))


@jit_strict
def score_rows(items: Floats, rows: Ordinals, user: Doubles) -> Floats:
    """Compute `score` for several rows of the item matrix."""
    scores = np.empty(len(rows), np.float32)
    for i in range(len(rows)):
        scores[i] = score(items, rows[i], user)
    return scores


@jit_strict
def sift(scores: Floats, ordinals: Ordinals, size: int, new_score: np.float32, ordinal: np.int32) -> None:
    """Replace the worst item of a heap (the lowest score, then the highest ordinal)."""
    position = 0
    while 2 * position + 1 < size:
        child = 2 * position + 1
        other = child + 1
        if other < size and (
            scores[other] < scores[child] or (scores[other] == scores[child] and ordinals[other] > ordinals[child])
        ):
            child = other
        if scores[child] > new_score or (scores[child] == new_score and ordinals[child] < ordinal):
            break
        scores[position] = scores[child]
        ordinals[position] = ordinals[child]
        position = child
    scores[position] = new_score
    ordinals[position] = ordinal


@jit_strict
def descend(scores: Floats, ordinals: Ordinals) -> None:
    """Sort a heap into a list, best first."""
    for size in range(len(scores) - 1, 0, -1):
        last_score, last = scores[size], ordinals[size]
        scores[size], ordinals[size] = scores[0], ordinals[0]
        sift(scores, ordinals, size, last_score, last)
