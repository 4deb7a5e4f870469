"""Queries of a member's marks on movies: ratings, watchlist, seen, not interested."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet

from movies.models import HiddenMovie, KeptMovie, Movie, Rating, SeenMovie, User, WatchlistItem
from movies.selectors.movie_queries import movies


@dataclass(frozen=True)
class Marks:
    """A user's rating of a movie, and whether it is on their watchlist, seen or hidden."""

    half_stars: int | None = None
    on_watchlist: bool = False
    is_hidden: bool = False
    is_seen: bool = False


def marks(user: User, among: Iterable[Movie]) -> dict[int, Marks]:
    """Return a user's marks on these movies by movie id; every movie has an entry."""
    ids = [movie.pk for movie in among]
    half_stars = dict(Rating.objects.filter(user=user, movie__in=ids).values_list("movie_id", "half_stars"))
    on_watchlist, hidden, seen = (
        set(_ids(model, user).filter(movie__in=ids)) for model in (WatchlistItem, HiddenMovie, SeenMovie)
    )
    return {pk: Marks(half_stars.get(pk), pk in on_watchlist, pk in hidden, pk in seen) for pk in ids}


def hidden_ids(user: User | AnonymousUser) -> list[int]:
    """Return the ids of a user's hidden movies, ascending; visitors have none."""
    return list(_ids(HiddenMovie, user)) if isinstance(user, User) else []


def seen_ids(user: User) -> list[int]:
    """Return the ids of the movies that a user has marked as seen, ascending."""
    return list(_ids(SeenMovie, user))


def _ids(model: type[KeptMovie], user: User) -> QuerySet[KeptMovie, int]:
    return model._default_manager.filter(user=user).order_by("movie_id").values_list("movie_id", flat=True)


def seen_without_rating(user: User) -> QuerySet[SeenMovie]:
    """Return the movies that a user has seen but not rated, last seen first; the day may be unknown."""
    rated = Rating.objects.filter(user=user, movie=OuterRef("movie"))
    seen = SeenMovie.objects.filter(user=user).exclude(Exists(rated))
    genres = Prefetch("movie__genres", to_attr="genre_list")
    return seen.select_related("movie").prefetch_related(genres).order_by(F("seen_on").desc(nulls_last=True), "-pk")


def hidden_movies_of(user: User) -> QuerySet[Movie]:
    """Return a user's hidden movies, last hidden first."""
    return movies().filter(hidden_movies__user=user).order_by("-hidden_movies__added_at", "pk")


def watchlist_of(user: User, *, rated: bool | None = None) -> QuerySet[Movie]:
    """Return the movies on a user's watchlist, last added first: all, or only those that the user has rated or not."""
    found = movies().filter(watchlist_items__user=user).order_by("-watchlist_items__added_at", "pk")
    if rated is None:
        return found
    of_user = Rating.objects.filter(user=user, movie=OuterRef("pk"))
    return found.filter(Exists(of_user) if rated else ~Exists(of_user))


def on_watchlists(users: Collection[User], n: int = 12) -> list[Movie]:
    """Return the movies on the watchlists of at least two of these users that none of them has rated."""
    unrated = movies().filter(watchlist_items__user__in=users).exclude(ratings__user__in=users)
    counted = unrated.annotate(n_users=Count("watchlist_items", filter=Q(watchlist_items__user__in=users)))
    return list(counted.filter(n_users__gt=1).order_by("-n_users", "-rating_count", "pk")[:n])
