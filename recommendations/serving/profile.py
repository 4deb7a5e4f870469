"""What the model is asked about a user: their ratings, their profile, and the parts of a score."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.interactions import fingerprint
from recommendations.serving.filters import Source


@dataclass(frozen=True)
class Ratings:
    """One user's ratings, by movie.

    `movie_ids` (m,) int64, ascending; `half_stars` (m,) int8; `rated_at` (m,) int64, Unix seconds.
    """

    movie_ids: NDArray[np.int64]
    half_stars: NDArray[np.int8]
    rated_at: NDArray[np.int64]

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> "Ratings":
        """Build undated ratings from pairs of movie id and half stars; all get the current time."""
        table = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
        return cls(table[:, 0].copy(), table[:, 1].astype(np.int8), np.full(len(table), int(time.time())))

    @cached_property
    def fingerprint(self) -> int:
        """A hash of movies and half stars, equal for equal ratings; cached, so that a request computes it once."""
        return fingerprint(self.movie_ids, self.half_stars)

    def without(self, movie_id: int) -> "Ratings":
        """Return the ratings of all other movies."""
        kept = self.movie_ids != movie_id
        return Ratings(self.movie_ids[kept], self.half_stars[kept], self.rated_at[kept])


@dataclass(frozen=True)
class UserProfile:
    """A user as the model sees them: a vector (d + 2,) float32, and their ratings of movies that it knows.

    `ordinals` (m,) int32, `half_stars` (m,) int8 and `rated_at` (m,) int64 have one entry a rating.
    """

    vector: NDArray[np.float32]
    source: Source
    ordinals: NDArray[np.int32]
    half_stars: NDArray[np.int8]
    rated_at: NDArray[np.int64]


@dataclass(frozen=True)
class ScoreParts:
    """A score split twice: by block of features, and into a base and the share of each rating.

    `shares` are by movie id, strongest first; `others` is the sum of the ratings that it leaves out.
    """

    score: float
    blocks: dict[str, float]
    base: float
    shares: dict[int, float]
    others: float = 0.0

    def page(self, start: int, n: int) -> "ScoreParts":
        """Return the same split with only the n ratings after the `start` strongest."""
        shares = dict(islice(self.shares.items(), start, start + n))
        return replace(self, shares=shares, others=self.others + sum(self.shares.values()) - sum(shares.values()))
