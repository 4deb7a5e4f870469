"""Choices that follow from a text and nothing else."""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Falls the same way for the same text, on every machine and version of Python."""

    def __init__(self, text: str) -> None:
        self._seed = text.encode("utf-8", "surrogatepass")
        self._rolls = 0

    def roll(self, sides: int) -> int:
        """A whole number from 0 to `sides` - 1."""
        self._rolls += 1
        digest = sha256(self._seed + self._rolls.to_bytes(4, "big")).digest()
        return int.from_bytes(digest[:8], "big") % sides

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.roll(len(choices))]

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.roll(10_000) / 10_000
