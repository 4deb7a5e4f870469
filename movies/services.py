"""Writes of members: ratings, watchlists, seen and hidden movies, and settings.

All are idempotent and safe under concurrent requests: each leaves one row or none.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from movies.models import HiddenMovie, Movie, Rating, SeenMovie, User, WatchlistItem

M = TypeVar("M", Rating, SeenMovie)


def rate(*, user: User, movie: Movie, half_stars: int) -> Rating:
    """Save a user's rating of a movie; it replaces an earlier one."""
    if not 1 <= half_stars <= 10:
        raise ValueError(f"A rating is 1 to 10 half stars, not {half_stars}.")
    rating = Rating(user=user, movie=movie, half_stars=half_stars, rated_at=timezone.now())
    Rating.objects.bulk_create(
        [rating],
        update_conflicts=True,
        unique_fields=["user", "movie"],
        update_fields=["half_stars", "rated_at"],
    )
    return rating


def unrate(*, user: User, movie: Movie) -> bool:
    """Delete a rating; return whether there was one."""
    return Rating.objects.filter(user=user, movie=movie).delete()[0] > 0


def add_ratings(*, user: User, ratings: Iterable[tuple[int, int, datetime | None]]) -> int:
    """Save (movie id, half stars, time) of movies that the user has not rated yet; return how many were added."""
    now = timezone.now()
    rows = (
        Rating(user=user, movie_id=pk, half_stars=half_stars, rated_at=rated_at or now)
        for pk, half_stars, rated_at in ratings
    )
    return _add_missing(Rating, user, rows)


def _add_missing(model: type[M], user: User, rows: Iterable[M]) -> int:
    """Insert the rows of movies that the user has none for; return how many were inserted."""
    before = model._default_manager.filter(user=user).count()
    model._default_manager.bulk_create(rows, ignore_conflicts=True, batch_size=200)
    return model._default_manager.filter(user=user).count() - before


def watch(*, user: User, movie: Movie) -> None:
    """Add a movie to a user's watchlist."""
    WatchlistItem.objects.bulk_create([WatchlistItem(user=user, movie=movie)], ignore_conflicts=True)


def unwatch(*, user: User, movie: Movie) -> bool:
    """Remove a movie from a user's watchlist; return whether it was on it."""
    return WatchlistItem.objects.filter(user=user, movie=movie).delete()[0] > 0


def hide(*, user: User, movie: Movie) -> None:
    """Hide a movie from a user's recommendations."""
    HiddenMovie.objects.bulk_create([HiddenMovie(user=user, movie=movie)], ignore_conflicts=True)


def unhide(*, user: User, movie: Movie) -> bool:
    """Allow a movie to be recommended again; return whether it was hidden."""
    return HiddenMovie.objects.filter(user=user, movie=movie).delete()[0] > 0


def see(*, user: User, movie: Movie, seen_on: date | None = None) -> None:
    """Mark a movie as seen, today unless another day is given, and take it from the watchlist.

    A movie that is marked already keeps its day, unless one is given.
    """
    seen = SeenMovie(user=user, movie=movie, seen_on=seen_on or timezone.localdate())
    with transaction.atomic():
        if seen_on:
            SeenMovie.objects.bulk_create(
                [seen], update_conflicts=True, unique_fields=["user", "movie"], update_fields=["seen_on"]
            )
        else:
            SeenMovie.objects.bulk_create([seen], ignore_conflicts=True)
        unwatch(user=user, movie=movie)


def unsee(*, user: User, movie: Movie) -> bool:
    """Take back that a movie was seen; return whether it was marked. A rating stays."""
    return SeenMovie.objects.filter(user=user, movie=movie).delete()[0] > 0


def add_seen(*, user: User, movies: Iterable[tuple[int, date | None]]) -> int:
    """Mark movies as seen by (movie id, day, or None if it is not known); return how many were not marked before."""
    rows = (SeenMovie(user=user, movie_id=pk, seen_on=seen_on) for pk, seen_on in movies)
    return _add_missing(SeenMovie, user, rows)


def show_predictions(*, user: User, shown: bool) -> None:
    """Show predicted stars for every movie, or only for movies that the user has rated."""
    user.shows_predictions = shown
    user.save(update_fields=["shows_predictions"])
