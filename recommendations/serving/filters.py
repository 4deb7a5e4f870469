"""What may be asked of a list, and where a list comes from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np

from recommendations.engine.reranking.steering import Wishes


class Source(StrEnum):
    """Where a list comes from."""

    TRAINED = "trained"
    """The vector that the model learnt for this user."""
    FOLDED_IN = "folded_in"
    """A vector computed from the user's ratings as they are now."""
    POPULAR = "popular"
    """What most people rated: nothing is known about the user, or there is no model to serve."""


class Ranker(StrEnum):
    """What finds the best movies of a list that is not steered."""

    SERVED = "served"
    """What the version was measured to answer best from."""
    EXACT = "exact"
    ANNOY = "annoy"
    """The approximate index; exact where a filter is on."""


@dataclass(frozen=True)
class Filters:
    """Which movies may appear.  A movie has all of `genres` (ids); the years are inclusive."""

    genres: frozenset[int] = frozenset()
    year_from: int | None = None
    year_to: int | None = None
    min_ratings: int | None = None

    def __bool__(self) -> bool:
        return self != Filters()


class Label(Protocol):
    """A genre or a tag."""

    pk: int


def wishes(more: Iterable[Label], less: Iterable[Label]) -> dict[int, float]:
    """What `Steering` takes, by id: as much more or less as can be; more of what is in both."""
    return {label.pk: -1.0 for label in less} | {label.pk: 1.0 for label in more}


@dataclass(frozen=True)
class Steering:
    """What a list shall lean towards; all at 0 leaves it as it is.

    `popularity` is −1 (hidden gems) to 1 (well known), `recency` −1 (classics) to 1 (new), `diversity` 0 to 1,
    `genres` and `tags` (ids) each −1 (less) to 1 (more).  A number outside its range is a ValueError.  What each
    does exactly is in `recommendations.engine.reranking.steering`.
    """

    popularity: float = 0.0
    recency: float = 0.0
    diversity: float = 0.0
    genres: Mapping[int, float] = field(default_factory=dict)
    tags: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        nothing = np.empty(0, dtype=np.int32)
        wishes = (*self.genres.values(), *self.tags.values())
        Wishes(self.popularity, self.recency, self.diversity, [(nothing, wish) for wish in wishes])

    def __bool__(self) -> bool:
        wishes = (*self.genres.values(), *self.tags.values())
        return bool(self.popularity or self.recency or self.diversity or any(wishes))
