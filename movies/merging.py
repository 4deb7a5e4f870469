"""Merging of duplicate movies and tags."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef

from movies.models import LISTS, Movie, MovieTag, Rating, Tag

IDS = ("imdb_id", "tmdb_id", "movielens_id")


@transaction.atomic
def merge_movies(keep: Movie, others: Sequence[Movie]) -> None:
    """Move everything from the other movies to `keep`, and delete them.

    If a user rated both, the later rating wins. External ids and the year are copied only where `keep` has none.
    """
    for other in others:
        _keep_later_ratings(keep, other)
        for model in LISTS:
            existing = model._default_manager.filter(movie=keep, user=OuterRef("user"))
            model._default_manager.filter(movie=other).exclude(Exists(existing)).update(movie=keep)
        applied = MovieTag.objects.filter(movie=keep, user=OuterRef("user"), tag=OuterRef("tag"))
        MovieTag.objects.filter(movie=other).exclude(Exists(applied)).update(movie=keep)
        keep.genres.add(*other.genres.all())
        missing = {name: getattr(other, name) for name in (*IDS, "year") if getattr(keep, name) is None}
        other.delete()
        for name, value in missing.items():
            setattr(keep, name, value)
    # Database triggers maintain the counters; the values read into `keep` are stale.
    keep.save(update_fields=[*IDS, "year", "search_text", "sort_title"])


def _keep_later_ratings(keep: Movie, other: Movie) -> None:
    kept = {rating.user_id: rating for rating in Rating.objects.filter(movie=keep)}
    moved = Rating.objects.filter(movie=other)
    later = [rating for rating in moved if rating.user_id in kept and rating.rated_at > kept[rating.user_id].rated_at]
    for rating in later:
        kept[rating.user_id].half_stars, kept[rating.user_id].rated_at = rating.half_stars, rating.rated_at
    Rating.objects.bulk_update([kept[rating.user_id] for rating in later], ["half_stars", "rated_at"], batch_size=200)
    existing = Rating.objects.filter(movie=keep, user=OuterRef("user"))
    moved.exclude(Exists(existing)).update(movie=keep)


@transaction.atomic
def merge_tags(keep: Tag, others: Sequence[Tag]) -> None:
    """Replace the other tags by `keep`, and delete them."""
    for other in others:
        applied = MovieTag.objects.filter(tag=keep, user=OuterRef("user"), movie=OuterRef("movie"))
        MovieTag.objects.filter(tag=other).exclude(Exists(applied)).update(tag=keep)
        other.delete()
