"""What visitors write: ratings, the watchlist, and what they are not interested in.

Each of these may be asked for twice, or by many requests at once, and leaves one row or none.
"""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from movies.models import HiddenMovie, Movie, Rating, User, WatchlistItem


def rate(*, user: User, movie: Movie, half_stars: int) -> Rating:
    """Save somebody's rating of a movie, in half stars, in place of an earlier one."""
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
    """Take a rating back; say whether there was one."""
    return Rating.objects.filter(user=user, movie=movie).delete()[0] > 0


def add_ratings(*, user: User, ratings: Iterable[tuple[int, int, datetime | None]]) -> int:
    """Save ratings (movie id, half stars, when) of movies that somebody has not rated here; say how many were new."""
    now = timezone.now()
    before = Rating.objects.filter(user=user).count()
    Rating.objects.bulk_create(
        [
            Rating(user=user, movie_id=pk, half_stars=half_stars, rated_at=when or now)
            for pk, half_stars, when in ratings
        ],
        ignore_conflicts=True,
        batch_size=200,
    )
    return Rating.objects.filter(user=user).count() - before


def watch(*, user: User, movie: Movie) -> None:
    """Put a movie on somebody's watchlist."""
    WatchlistItem.objects.bulk_create([WatchlistItem(user=user, movie=movie)], ignore_conflicts=True)


def unwatch(*, user: User, movie: Movie) -> bool:
    """Take a movie off somebody's watchlist; say whether it was on it."""
    return WatchlistItem.objects.filter(user=user, movie=movie).delete()[0] > 0


def hide(*, user: User, movie: Movie) -> None:
    """Note that somebody is not interested in a movie, so that it is not recommended to them."""
    HiddenMovie.objects.bulk_create([HiddenMovie(user=user, movie=movie)], ignore_conflicts=True)


def unhide(*, user: User, movie: Movie) -> bool:
    """Let a movie be recommended again; say whether it was hidden."""
    return HiddenMovie.objects.filter(user=user, movie=movie).delete()[0] > 0


def show_predictions(*, user: User, shown: bool) -> None:
    """Let somebody see predicted stars always, or only of movies that they have rated."""
    user.shows_predictions = shown
    user.save(update_fields=["shows_predictions"])
