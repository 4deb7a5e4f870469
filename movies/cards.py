"""Movies as lists show them, with the viewer's ratings and marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser

from movies import selectors
from movies.models import Movie, User
from movies.selectors import Marks


@dataclass(frozen=True)
class Card:
    """A movie in a list, with its reasons, strongest first, and the viewer's predicted `stars`."""

    movie: Movie
    marks: Marks
    reasons: Sequence[Any] = ()
    stars: float | None = None


@dataclass(frozen=True)
class Shelf:
    """A titled row of movies, with the URL of the full list and a line of introduction."""

    title: str
    movies: Sequence[Movie]
    more: str = ""
    lead: str = ""
    reasons: Mapping[int, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rail:
    """A shelf ready for display."""

    title: str
    cards: list[Card]
    more: str
    lead: str


def cards(
    user: User | AnonymousUser,
    movies: Sequence[Movie],
    reasons: Mapping[int, Sequence[Any]] | None = None,
    stars: Mapping[int, float] | None = None,
) -> list[Card]:
    """Return the movies with the viewer's marks, and their reasons and predicted stars, both by movie id."""
    marks = selectors.marks(user, movies) if isinstance(user, User) else {}
    return [
        Card(movie, marks.get(movie.pk, Marks()), (reasons or {}).get(movie.pk, ()), (stars or {}).get(movie.pk))
        for movie in movies
    ]


def rails(user: User | AnonymousUser, shelves: Sequence[Shelf]) -> list[Rail]:
    """Return the non-empty shelves, with the viewer's marks read once for all of them."""
    movies = {movie.pk: movie for shelf in shelves for movie in shelf.movies}
    marks = selectors.marks(user, movies.values()) if isinstance(user, User) else {}

    def card(shelf: Shelf, movie: Movie) -> Card:
        return Card(movie, marks.get(movie.pk, Marks()), shelf.reasons.get(movie.pk, ()))

    return [
        Rail(shelf.title, [card(shelf, movie) for movie in shelf.movies], shelf.more, shelf.lead)
        for shelf in shelves
        if shelf.movies
    ]
