"""Recommendation lists as pages, API and commands receive them."""

from dataclasses import dataclass

from movies.models import Movie
from recommendations.serving.filters import Source


@dataclass(frozen=True)
class Reason:
    """A rating of the user that raised a movie's score; `share` is by how much, in the score's unit."""

    movie: Movie
    half_stars: int
    share: float


@dataclass(frozen=True)
class Entry:
    """A recommended movie.

    `score` orders one user's list and cannot be compared between lists; it is None for movies that fill the list by
    popularity. `stars` is the predicted rating; None if the model does not know the user. `reasons` are the ratings
    that raised the score most, strongest first. `explanation` is set if it was requested and the model ranked the
    movie.
    """

    movie: Movie
    score: float | None = None
    stars: float | None = None
    reasons: tuple[Reason, ...] = ()
    explanation: "Explanation | None" = None


@dataclass(frozen=True)
class Recommendations:
    """A list, best first, with its source and the version of the model that made it.

    `arm` is the primary key of the user's experiment arm, if they are in one.
    """

    entries: tuple[Entry, ...]
    source: Source
    version: str | None = None
    arm: int | None = None


@dataclass(frozen=True)
class Explanation:
    """A score split in two ways; each time the parts add up to it.

    `parts` are the shares of general appeal ("bias") and of each block of features ("identity": what the movie's
    raters have in common, "genres", "tags" …). `base` is what every user's score starts from, `ratings` what each of
    the user's ratings adds, strongest first, `others` what the ratings add that are not named, and `training` the rest,
    which no single rating accounts for.
    """

    movie: Movie
    score: float
    parts: dict[str, float]
    base: float
    ratings: tuple[Reason, ...]
    others: float
    training: float
