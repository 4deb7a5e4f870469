"""A member's own ratings, in an order and by what is looked for."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Prefetch, QuerySet

from movies.models import Genre, Rating, User
from movies.titles import plain


class RatingSort(StrEnum):
    """Orders of somebody's ratings."""

    LATEST = "latest"
    BEST = "best"
    WORST = "worst"
    TITLE = "title"


_RATING_ORDER = {
    RatingSort.LATEST: ("-rated_at", "-pk"),
    RatingSort.BEST: ("-half_stars", "-rated_at", "-pk"),
    RatingSort.WORST: ("half_stars", "-rated_at", "-pk"),
    RatingSort.TITLE: ("movie__sort_title", "pk"),
}


def ratings_of(user: User, sort: RatingSort = RatingSort.LATEST) -> QuerySet[Rating]:
    """A user's ratings with their movies."""
    return (
        Rating.objects.filter(user=user)
        .select_related("movie")
        .prefetch_related(Prefetch("movie__genres", to_attr="genre_list"))
        .order_by(*_RATING_ORDER[sort])
    )


def half_stars_of(user: User) -> list[tuple[int, int]]:
    """A user's ratings as pairs of a movie's id and half stars, ascending by id."""
    return list(Rating.objects.filter(user=user).order_by("movie_id").values_list("movie_id", "half_stars"))


def rating_count_of(user: User) -> int:
    return Rating.objects.filter(user=user).count()


class StarsRange(StrEnum):
    """Ratings of some height, by the name they have in an address."""

    HIGH = "high"
    MIDDLE = "middle"
    LOW = "low"


_HALF_STARS = {StarsRange.HIGH: (8, 10), StarsRange.MIDDLE: (5, 7), StarsRange.LOW: (1, 4)}


@dataclass(frozen=True)
class RatingsWanted:
    """The words of a title, a range of stars and a genre, each if it is given, and an order."""

    text: str = ""
    stars: StarsRange | None = None
    genre: Genre | None = None
    sort: RatingSort = RatingSort.LATEST


def find_ratings(user: User, wanted: RatingsWanted) -> QuerySet[Rating]:
    """The ratings of a user that match all that is wanted, in the wanted order."""
    found = ratings_of(user, wanted.sort)
    for word in plain(wanted.text).split():
        found = found.filter(movie__search_text__contains=word)
    if wanted.stars:
        found = found.filter(half_stars__range=_HALF_STARS[wanted.stars])
    if wanted.genre:
        found = found.filter(movie__genres=wanted.genre)
    return found
