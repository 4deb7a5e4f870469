"""The lists that people see."""

from dataclasses import dataclass

from movies.models import Movie
from recommendations.serving.filters import Source


@dataclass(frozen=True)
class Reason:
    """A rating of the user that raised a movie's score, and by how much (in the score's unit)."""

    movie: Movie
    half_stars: int
    share: float


@dataclass(frozen=True)
class Entry:
    """A recommended movie.

    `score` orders one user's list and means nothing beside another list's; it is None where popularity and not
    the model brought the movie.  `stars` is the rating that the user would probably give it, None where nothing is
    known of the user.  `reasons` are the ratings that raised the score most, the strongest first; `explanation`
    is there where it was asked for and the model brought the movie.
    """

    movie: Movie
    score: float | None = None
    stars: float | None = None
    reasons: tuple[Reason, ...] = ()
    explanation: "Explanation | None" = None


@dataclass(frozen=True)
class Recommendations:
    """A list, best first, where it comes from, and the version of the model that made it.

    `arm` is the experiment's arm that it was made for, if somebody is in one.
    """

    entries: tuple[Entry, ...]
    source: Source
    version: str | None = None
    arm: int | None = None


@dataclass(frozen=True)
class Explanation:
    """A score taken apart, twice; each time the parts add up to it.

    `parts` are what general appeal ("bias") and each kind of knowledge about the movie ("identity": what its raters
    have in common, "genres", "tags" …) bring.  `base` is what anybody's score begins with, `ratings` what each of
    the user's ratings adds, the strongest first, and `training` what no single rating accounts for.
    """

    movie: Movie
    score: float
    parts: dict[str, float]
    base: float
    ratings: tuple[Reason, ...]
    training: float
