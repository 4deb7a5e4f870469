"""Data of a movie page's fragments: predicted stars with reasons, and similar movies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser

from movies import selectors
from movies.cards import Shelf, rails
from movies.models import Movie, User
from movies.selectors import tags
from recommendations.feedback import recorder
from recommendations.serving.predictions import reasons_for, similar_ids, similar_movies, stars_without

SIMILAR = 14
LABELS = 10
REASONS = 3
MOST_WISHES = 10
"""More labels in the query string are ignored."""
GENRE, TAG = "genre:", "tag:"


def verdict(user: User | AnonymousUser, movie: Movie) -> dict[str, Any]:
    """Return predicted stars and their reasons, or that they wait for the user's own rating."""
    if not isinstance(user, User):
        return {"movie": movie}
    rated = selectors.marks(user, [movie])[movie.pk].half_stars is not None
    if not (rated or user.shows_predictions):
        return {"movie": movie, "waits": True}
    return {
        "movie": movie,
        "rated": rated,
        "stars": stars_without(user, movie),
        "reasons": reasons_for(user, movie, REASONS),
    }


@dataclass(frozen=True)
class Leaning:
    """A genre or tag that the user wants more (1), less (−1) or neither (0) of.

    `more` and `less` are the query strings that switch each on, or off if it is on.
    """

    name: str
    lean: int
    more: str
    less: str


def similar(user: User | AnonymousUser, movie: Movie, more: Sequence[str], less: Sequence[str]) -> dict[str, Any]:
    """Return the rail of similar movies, leaning towards genres and tags in `more` and away from those in `less`."""
    more, less = more[:MOST_WISHES], less[: max(0, MOST_WISHES - len(more))]
    names = _labels(movie)
    names |= {key: key.partition(":")[2] for key in (*more, *less) if key.startswith((GENRE, TAG)) and key not in names}
    requested = dict.fromkeys(less, -1) | dict.fromkeys(more, 1)
    leans = {key: lean for key, lean in requested.items() if key in names}
    leanings = [(_movies_with(key), lean) for key, lean in leans.items()]
    movies = similar_movies(movie, n=SIMILAR, leanings=leanings, exclude=selectors.hidden_ids(user))
    if isinstance(user, User):
        recorder.shown_similar(user, movies)
    title = "Similar, tuned by you" if leans else "People who like this also like"
    return {
        "movie": movie,
        "rails": rails(user, [Shelf(title, movies)]),
        "leanings": [_leaning(key, name, leans) for key, name in names.items()],
        "tuned": bool(leans),
    }


def _labels(movie: Movie) -> dict[str, str]:
    """Return the names of the labels to tune by, by key: the movie's genres and tags, then tags of similar movies."""
    names = {f"{GENRE}{genre.slug}": genre.name for genre in movie.genre_list}
    names |= {f"{TAG}{tag.key}": tag.name for tag in tags.top_tags(movie)}
    tags_of_similar = tags.common_tags(similar_ids(movie, n=3 * SIMILAR), LABELS)
    names |= {f"{TAG}{tag.key}": tag.name for tag in tags_of_similar}
    distinct = {name.casefold(): key for key, name in reversed(names.items())}
    return dict([(key, name) for key, name in names.items() if distinct[name.casefold()] == key][:LABELS])


def _movies_with(key: str) -> list[int]:
    if key.startswith(GENRE):
        return selectors.ids_of_genre(key.removeprefix(GENRE))
    return tags.ids_with_tag(key.removeprefix(TAG))


def _leaning(key: str, name: str, leans: dict[str, int]) -> Leaning:
    current = leans.get(key, 0)
    more, less = (_query(leans | {key: 0 if current == lean else lean}) for lean in (1, -1))
    return Leaning(name, current, more, less)


def _query(leans: dict[str, int]) -> str:
    names = {1: "more", -1: "less"}
    return urlencode([(names[lean], key) for key, lean in leans.items() if lean])
