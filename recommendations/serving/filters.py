"""Filters, steering, rankers and sources of recommendation lists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np

from recommendations.engine.reranking.steering import Wishes


class Source(StrEnum):
    """Where a list comes from."""

    TRAINED = "trained"
    """The vector that training learned for this user."""
    FOLDED_IN = "folded_in"
    """A vector computed from the user's current ratings."""
    POPULAR = "popular"
    """The most rated movies: the model does not know the user, or no model serves."""


class Ranker(StrEnum):
    """The ranker of an unsteered list."""

    SERVED = "served"
    """The ranker that was measured as the faster one when the version was published."""
    EXACT = "exact"
    ANNOY = "annoy"
    """The approximate index; exact if a filter is set."""


@dataclass(frozen=True)
class Filters:
    """Which movies may appear. A movie must have all `genres` (ids); years are inclusive.

    With `include_seen`, movies that the user has seen but not rated may appear too.
    """

    genres: frozenset[int] = frozenset()
    year_from: int | None = None
    year_to: int | None = None
    min_ratings: int | None = None
    include_seen: bool = False

    def __bool__(self) -> bool:
        return self != Filters()


class Label(Protocol):
    """A genre or a tag."""

    pk: int


def wishes(more: Iterable[Label], less: Iterable[Label]) -> dict[int, float]:
    """Build the weights of `Steering` by id: 1 for each label in `more`, −1 in `less`; `more` wins if it is in both."""
    return {label.pk: -1.0 for label in less} | {label.pk: 1.0 for label in more}


@dataclass(frozen=True)
class Steering:
    """What a list leans towards; all zeros leave it unchanged.

    `popularity` is −1 (hidden gems) to 1 (well known), `recency` −1 (classics) to 1 (new), `diversity` 0 to 1,
    `genres` and `tags` (ids) each −1 (less) to 1 (more). A number outside its range raises ValueError.
    `recommendations.engine.reranking.steering` defines each scale.
    """

    popularity: float = 0.0
    recency: float = 0.0
    diversity: float = 0.0
    genres: Mapping[int, float] = field(default_factory=dict)
    tags: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        no_movies = np.empty(0, dtype=np.int32)
        # `Wishes` checks the ranges.
        Wishes(self.popularity, self.recency, self.diversity, [(no_movies, weight) for weight in self._label_weights])

    def __bool__(self) -> bool:
        return bool(self.popularity or self.recency or self.diversity or any(self._label_weights))

    @property
    def _label_weights(self) -> tuple[float, ...]:
        return (*self.genres.values(), *self.tags.values())
