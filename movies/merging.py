"""Making one row of several that mean the same."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef

from movies.models import HiddenMovie, Movie, MovieTag, Rating, Tag, WatchlistItem

IDS = ("imdb_id", "tmdb_id", "movielens_id")


@transaction.atomic
def merge_movies(keep: Movie, others: Sequence[Movie]) -> None:
    """Give one movie what others have, and delete those.

    Of two ratings that one person gave, the later counts.  External ids and the year are taken where `keep` has none.
    """
    for other in others:
        _keep_later_ratings(keep, other)
        for model in (WatchlistItem, HiddenMovie):
            mine = model._default_manager.filter(movie=keep, user=OuterRef("user"))
            model._default_manager.filter(movie=other).exclude(Exists(mine)).update(movie=keep)
        same = MovieTag.objects.filter(movie=keep, user=OuterRef("user"), tag=OuterRef("tag"))
        MovieTag.objects.filter(movie=other).exclude(Exists(same)).update(movie=keep)
        keep.genres.add(*other.genres.all())
        missing = {name: getattr(other, name) for name in (*IDS, "year") if getattr(keep, name) is None}
        other.delete()
        for name, value in missing.items():
            setattr(keep, name, value)
    # The counters are the database's: what was read of them is old by now.
    keep.save(update_fields=[*IDS, "year", "search_text", "sort_title"])


def _keep_later_ratings(keep: Movie, other: Movie) -> None:
    mine = {rating.user_id: rating for rating in Rating.objects.filter(movie=keep)}
    theirs = Rating.objects.filter(movie=other)
    later = [rating for rating in theirs if rating.user_id in mine and rating.rated_at > mine[rating.user_id].rated_at]
    for rating in later:
        mine[rating.user_id].half_stars, mine[rating.user_id].rated_at = rating.half_stars, rating.rated_at
    Rating.objects.bulk_update([mine[rating.user_id] for rating in later], ["half_stars", "rated_at"], batch_size=200)
    same = Rating.objects.filter(movie=keep, user=OuterRef("user"))
    theirs.exclude(Exists(same)).update(movie=keep)


@transaction.atomic
def merge_tags(keep: Tag, others: Sequence[Tag]) -> None:
    """Put one tag where others are, and delete those."""
    for other in others:
        same = MovieTag.objects.filter(tag=keep, user=OuterRef("user"), movie=OuterRef("movie"))
        MovieTag.objects.filter(tag=other).exclude(Exists(same)).update(tag=keep)
        other.delete()
