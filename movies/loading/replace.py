"""How a load takes the place of what MovieLens releases left before, and keeps what visitors of the site wrote."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db.models import Exists, OuterRef

from movies.bulk.store import Store
from movies.models import HiddenMovie, Movie, MovieTag, Rating, Tag, User, WatchlistItem
from movies.models.genome import GenomeVector
from movies.models.people import Demographics

MOVIES_PER_QUERY = 500
"""So many ids go into one query: databases take only so many."""


@contextmanager
def replacing(store: Store) -> Iterator[None]:
    """Take away what MovieLens' people did; what visitors rated lies aside meanwhile, and is put back afterwards."""
    GenomeVector.objects.all().delete()
    Demographics.objects.all().delete()
    MovieTag.objects.filter(user__movielens_id__isnull=False).delete()
    store.set_ratings_aside()
    yield
    store.put_ratings_back()


def remove_unlisted(movielens_ids: Collection[int]) -> None:
    """Remove what the release does not have: tags and people without traces, and movies nobody here cares about."""
    people = User.objects.filter(movielens_id__isnull=False)
    people.exclude(Exists(Rating.objects.filter(user=OuterRef("pk")))).exclude(
        Exists(MovieTag.objects.filter(user=OuterRef("pk")))
    ).delete()
    stored = dict(Movie.objects.filter(movielens_id__isnull=False).values_list("pk", "movielens_id"))
    unlisted = [pk for pk, movielens_id in stored.items() if movielens_id not in movielens_ids]
    for at in range(0, len(unlisted), MOVIES_PER_QUERY):
        movies = Movie.objects.filter(pk__in=unlisted[at : at + MOVIES_PER_QUERY])
        for model in (Rating, MovieTag, WatchlistItem, HiddenMovie):
            movies = movies.exclude(Exists(model._default_manager.filter(movie=OuterRef("pk"))))
        movies.delete()
    Tag.objects.exclude(Exists(MovieTag.objects.filter(tag=OuterRef("pk")))).delete()
