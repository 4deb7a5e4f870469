"""Movies as lists show them, together with what the reader said about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser

from movies import selectors
from movies.models import Movie, User
from movies.selectors import Marks


@dataclass(frozen=True)
class Card:
    """A movie in a list; `reasons` say why it is there, the strongest first; `stars` is what the reader may give it."""

    movie: Movie
    marks: Marks
    reasons: Sequence[Any] = ()
    stars: float | None = None


@dataclass(frozen=True)
class Shelf:
    """A named row of movies, the address of more of them, and a line that says why it is there."""

    title: str
    movies: Sequence[Movie]
    more: str = ""
    lead: str = ""
    reasons: Mapping[int, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rail:
    """A shelf as it is shown."""

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
    """The movies with the reader's marks, and with reasons and predicted stars by movie id where there are any."""
    marks = selectors.marks(user, movies) if isinstance(user, User) else {}
    return [
        Card(movie, marks.get(movie.pk, Marks()), (reasons or {}).get(movie.pk, ()), (stars or {}).get(movie.pk))
        for movie in movies
    ]


def rails(user: User | AnonymousUser, shelves: Sequence[Shelf]) -> list[Rail]:
    """The shelves that have movies, with the reader's marks looked up once for all of them."""
    movies = {movie.pk: movie for shelf in shelves for movie in shelf.movies}
    marks = selectors.marks(user, movies.values()) if isinstance(user, User) else {}

    def card(shelf: Shelf, movie: Movie) -> Card:
        return Card(movie, marks.get(movie.pk, Marks()), shelf.reasons.get(movie.pk, ()))

    return [
        Rail(shelf.title, [card(shelf, movie) for movie in shelf.movies], shelf.more, shelf.lead)
        for shelf in shelves
        if shelf.movies
    ]
