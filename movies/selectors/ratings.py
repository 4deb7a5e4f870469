"""Queries of a member's own ratings: filters, orders and counts."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Prefetch, QuerySet

from movies.models import Genre, Rating, User
from movies.titles import plain


class RatingSort(StrEnum):
    """Orders of a list of ratings, by their value in the URL."""

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
    """Return a user's ratings with their movies and genres."""
    return (
        Rating.objects.filter(user=user)
        .select_related("movie")
        .prefetch_related(Prefetch("movie__genres", to_attr="genre_list"))
        .order_by(*_RATING_ORDER[sort])
    )


def half_stars_of(user: User) -> list[tuple[int, int]]:
    """Return a user's ratings as (movie id, half stars) pairs, ascending by id."""
    return list(Rating.objects.filter(user=user).order_by("movie_id").values_list("movie_id", "half_stars"))


def rating_count_of(user: User) -> int:
    return Rating.objects.filter(user=user).count()


class StarsRange(StrEnum):
    """Ranges of stars, by their value in the URL."""

    HIGH = "high"
    MIDDLE = "middle"
    LOW = "low"


_HALF_STARS = {StarsRange.HIGH: (8, 10), StarsRange.MIDDLE: (5, 7), StarsRange.LOW: (1, 4)}


@dataclass(frozen=True)
class RatingFilters:
    """Filters of a list of ratings by title, stars and genre, each optional, and its order."""

    text: str = ""
    stars: StarsRange | None = None
    genre: Genre | None = None
    sort: RatingSort = RatingSort.LATEST


def find_ratings(user: User, filters: RatingFilters) -> QuerySet[Rating]:
    """Return a user's ratings that match all filters, in the requested order."""
    ratings = ratings_of(user, filters.sort)
    for word in plain(filters.text).split():
        ratings = ratings.filter(movie__search_text__contains=word)
    if filters.stars:
        ratings = ratings.filter(half_stars__range=_HALF_STARS[filters.stars])
    if filters.genre:
        ratings = ratings.filter(movie__genres=filters.genre)
    return ratings
