"""What a member said about movies: stars, watchlist, not interested."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from movies.models import HiddenMovie, Movie, Rating, User, WatchlistItem
from movies.selectors.movie_queries import movies


@dataclass(frozen=True)
class Marks:
    """What somebody said about a movie."""

    half_stars: int | None = None
    on_watchlist: bool = False
    is_hidden: bool = False


def marks(user: User, among: Iterable[Movie]) -> dict[int, Marks]:
    """What a user said about some movies, by the movies' ids; every movie has an entry."""
    ids = [movie.pk for movie in among]
    rated = dict(Rating.objects.filter(user=user, movie__in=ids).values_list("movie_id", "half_stars"))
    kept = set(WatchlistItem.objects.filter(user=user, movie__in=ids).values_list("movie_id", flat=True))
    hidden = set(HiddenMovie.objects.filter(user=user, movie__in=ids).values_list("movie_id", flat=True))
    return {pk: Marks(rated.get(pk), pk in kept, pk in hidden) for pk in ids}


def hidden_ids(user: User) -> list[int]:
    """The ids of the movies that a user is not interested in, ascending."""
    return list(HiddenMovie.objects.filter(user=user).order_by("movie_id").values_list("movie_id", flat=True))


def hidden_movies_of(user: User) -> QuerySet[Movie]:
    """The movies that a user is not interested in, the last hidden first."""
    return movies().filter(hidden_movies__user=user).order_by("-hidden_movies__added_at", "pk")


def watchlist_of(user: User) -> QuerySet[Movie]:
    """The movies on a user's watchlist, the last added first."""
    return movies().filter(watchlist_items__user=user).order_by("-watchlist_items__added_at", "pk")


def on_watchlists(users: Collection[User], n: int = 12) -> list[Movie]:
    """The movies that are on the watchlists of two or more of some users, and that none of them has rated."""
    wanted = movies().filter(watchlist_items__user__in=users).exclude(ratings__user__in=users)
    counted = wanted.annotate(by=Count("watchlist_items", filter=Q(watchlist_items__user__in=users)))
    return list(counted.filter(by__gt=1).order_by("-by", "-rating_count", "pk")[:n])
