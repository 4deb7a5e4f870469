"""Edit distances between a word and a vocabulary, as NumPy operations over all candidates at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LONGEST_WORD = 24
"""Longer words are compared by their beginnings."""
MOST_CANDIDATES = 4_000
FAR = 9


class Vocabulary:
    """Words as character codes, with a bit per character of each beginning for a bound on the distance.

    An edit adds or removes at most one character, so that words whose sets of characters differ by more than the
    allowed distance need no comparison.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.lengths = np.fromiter((min(len(word), LONGEST_WORD) for word in words), np.int8, len(words))
        padded = "".join(word[:LONGEST_WORD].ljust(LONGEST_WORD, "\0") for word in words)
        codes = np.frombuffer(padded.encode("utf-32-le"), np.uint32).reshape(-1, LONGEST_WORD)
        self.codes = np.ascontiguousarray(np.minimum(codes, 0xFFFF).astype(np.uint16).T)
        bits = np.where(self.codes > 0, np.uint32(1) << (self.codes % 32).astype(np.uint32), np.uint32(0))
        self.masks = np.bitwise_or.accumulate(bits)

    def near(self, word: str, most: int, *, prefixes: bool) -> tuple[NDArray[np.intp], NDArray[np.int8]]:
        """Return the words within a distance of `most` edits, and the distances.

        An edit inserts, deletes or replaces a character, or swaps two neighbours. With `prefixes`, a word also matches
        by its nearest beginning.
        """
        word = word[:LONGEST_WORD]
        query = np.minimum(np.frombuffer(word.encode("utf-32-le"), np.uint32), 0xFFFF).astype(np.uint16)
        n = len(query)
        mask = np.bitwise_or.reduce(np.uint32(1) << (query % 32).astype(np.uint32))
        width = min(n + most, LONGEST_WORD)
        possible = (np.bitwise_count(mask & ~self.masks[width - 1]) <= most) & (self.lengths >= n - most)
        possible &= np.bitwise_count(self.masks[max(n - most, 1) - 1] & ~mask) <= most
        if not prefixes:
            possible &= (np.bitwise_count(self.masks[width - 1] & ~mask) <= most) & (self.lengths <= n + most)
        rows = np.flatnonzero(possible)[:MOST_CANDIDATES]
        distances = _distances(query, self.codes[:width, rows])
        lengths = self.lengths[rows]
        whole = distances[np.minimum(lengths, width), np.arange(len(rows))]
        whole[lengths > width] = FAR
        if prefixes:
            starts = np.where(np.arange(width + 1)[:, None] <= lengths, distances, np.int8(FAR))
            whole = np.minimum(whole, starts[max(n - most, 1) :].min(axis=0, initial=FAR))
        near = whole <= most
        return rows[near], whole[near]


def _distances(query: NDArray[np.uint16], codes: NDArray[np.uint16]) -> NDArray[np.int8]:
    """Return the distances of the query to the first 0, 1, … characters of each column (optimal string alignment)."""
    width, n = codes.shape
    before = np.zeros((width + 1, n), np.int8)
    last = np.repeat(np.arange(width + 1, dtype=np.int8)[:, None], n, axis=1)
    for i, character in enumerate(query):
        differs = codes != character
        current = np.empty_like(last)
        current[0] = i + 1
        replaced = last[:-1] + differs
        if i:
            swapped = (codes[:-1] == character) & (codes[1:] == query[i - 1])
            replaced[1:] = np.where(swapped, np.minimum(replaced[1:], before[:-2] + 1), replaced[1:])
        np.minimum(replaced, last[1:] + 1, out=current[1:])
        for j in range(1, width + 1):
            np.minimum(current[j], current[j - 1] + 1, out=current[j])
        before, last = last, current
    return last
