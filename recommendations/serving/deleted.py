"""Movies of a version that the database no longer has. Imports no Django models: the smoke test runs without them."""

import time
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.interactions import IdMap

KEPT_SECONDS = 60.0
"""How long a process leaves out what it found deleted; a movie that is restored returns after that."""
ROUNDS = 3
"""How often a list is ranked at most: movies may be deleted between ranking and reading."""
NONE = np.empty(0, dtype=np.int32)


class DeletedMovies:
    """The ordinals of deleted movies, as this process read them last.

    Nothing is read until a list names a movie that no longer exists, so the usual request costs nothing.
    """

    def __init__(self) -> None:
        self._ordinals = NONE
        self._read_at = float("-inf")

    @property
    def ordinals(self) -> NDArray[np.int32]:
        """Ordinals of the movies known to be deleted, (m,) int32, ascending."""
        return self._ordinals if time.monotonic() - self._read_at < KEPT_SECONDS else NONE

    def compare(self, movies: IdMap, existing: Iterable[int]) -> NDArray[np.int32]:
        """Compare a version's movies with the ids that exist; return the ordinals of the deleted ones."""
        ids = np.fromiter(existing, dtype=np.int64)
        self._ordinals = np.flatnonzero(~np.isin(movies.ids, ids)).astype(np.int32)
        self._read_at = time.monotonic()
        return self._ordinals
