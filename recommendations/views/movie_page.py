"""What a movie's page says to its reader: what they will probably think of it, and what is like it."""

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
GENRE, TAG = "genre:", "tag:"


def verdict(user: User | AnonymousUser, movie: Movie) -> dict[str, Any]:
    """Predicted stars, the ratings that speak for the movie, and whether they wait for the reader's own rating."""
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
    """A genre or tag of which more (1), less (−1) or as much as there is (0) is wanted.

    `more` and `less` are the queries that turn it on, or off where it is on.
    """

    name: str
    lean: int
    more: str
    less: str


def similar(user: User | AnonymousUser, movie: Movie, more: Sequence[str], less: Sequence[str]) -> dict[str, Any]:
    """The rail of similar movies, leaning towards the genres and tags in `more` and away from those in `less`."""
    names = _labels(movie)
    names |= {key: key.partition(":")[2] for key in (*more, *less) if key.startswith((GENRE, TAG)) and key not in names}
    leans = dict.fromkeys(less, -1) | dict.fromkeys(more, 1)
    wanted = {key: lean for key, lean in leans.items() if key in names}
    found = similar_movies(movie, n=SIMILAR, leanings=[(_movies_with(key), lean) for key, lean in wanted.items()])
    if isinstance(user, User):
        recorder.shown_similar(user, found)
    title = "People who like it also like" if not wanted else "Similar, tuned by you"
    return {
        "movie": movie,
        "rails": rails(user, [Shelf(title, found)]),
        "leanings": [_leaning(key, name, wanted) for key, name in names.items()],
        "tuned": bool(wanted),
    }


def _labels(movie: Movie) -> dict[str, str]:
    """The names of what can be tuned, by key: the movie's genres and tags, then tags of movies like it."""
    names = {f"{GENRE}{genre.slug}": genre.name for genre in movie.genre_list}
    names |= {f"{TAG}{tag.key}": tag.name for tag in tags.top_tags(movie)}
    around = tags.common_tags(similar_ids(movie, n=3 * SIMILAR), LABELS)
    names |= {f"{TAG}{tag.key}": tag.name for tag in around}
    distinct = {name.casefold(): key for key, name in reversed(names.items())}
    return dict([(key, name) for key, name in names.items() if distinct[name.casefold()] == key][:LABELS])


def _movies_with(key: str) -> list[int]:
    if key.startswith(GENRE):
        return selectors.ids_of_genre(key.removeprefix(GENRE))
    return tags.ids_with_tag(key.removeprefix(TAG))


def _leaning(key: str, name: str, wanted: dict[str, int]) -> Leaning:
    now = wanted.get(key, 0)
    more, less = (_query(wanted | {key: 0 if now == lean else lean}) for lean in (1, -1))
    return Leaning(name, now, more, less)


def _query(leans: dict[str, int]) -> str:
    names = {1: "more", -1: "less"}
    return urlencode([(names[lean], key) for key, lean in leans.items() if lean])
