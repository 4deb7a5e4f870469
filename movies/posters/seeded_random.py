"""Deterministic random choices, seeded by a text."""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Random generator that gives the same sequence for a text on every machine and Python version."""

    def __init__(self, text: str) -> None:
        self._seed = text.encode("utf-8", "surrogatepass")
        self._rolls = 0

    def roll(self, sides: int) -> int:
        """Return an integer from 0 to `sides` - 1."""
        self._rolls += 1
        digest = sha256(self._seed + self._rolls.to_bytes(4, "big")).digest()
        return int.from_bytes(digest[:8], "big") % sides

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.roll(len(choices))]

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.roll(10_000) / 10_000
