"""Replacement of earlier MovieLens data by a load, which keeps everything that site members wrote."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db.models import Exists, Model, OuterRef

from movies.bulk.store import Store
from movies.models import LISTS, Movie, MovieTag, Rating, Tag, User
from movies.models.genome import GenomeVector
from movies.models.people import Demographics

MOVIES_PER_QUERY = 500
"""Databases limit the number of parameters of a query."""


@contextmanager
def replacing(store: Store) -> Iterator[None]:
    """Remove the data of MovieLens users before a load; set members' ratings aside, and put them back afterwards."""
    GenomeVector.objects.all().delete()
    Demographics.objects.all().delete()
    MovieTag.objects.filter(user__movielens_id__isnull=False).delete()
    store.set_ratings_aside()
    yield
    store.put_ratings_back()


def remove_unlisted(movielens_ids: Collection[int]) -> None:
    """Remove what the release lacks: users and tags that nothing refers to, and movies that no member uses."""
    users = User.objects.filter(movielens_id__isnull=False)
    users.exclude(Exists(Rating.objects.filter(user=OuterRef("pk")))).exclude(
        Exists(MovieTag.objects.filter(user=OuterRef("pk")))
    ).delete()
    stored = dict(Movie.objects.filter(movielens_id__isnull=False).values_list("pk", "movielens_id"))
    unlisted = [pk for pk, movielens_id in stored.items() if movielens_id not in movielens_ids]
    for start in range(0, len(unlisted), MOVIES_PER_QUERY):
        movies = Movie.objects.filter(pk__in=unlisted[start : start + MOVIES_PER_QUERY])
        models: tuple[type[Model], ...] = (Rating, MovieTag, *LISTS)
        for model in models:
            movies = movies.exclude(Exists(model._default_manager.filter(movie=OuterRef("pk"))))
        movies.delete()
    Tag.objects.exclude(Exists(MovieTag.objects.filter(tag=OuterRef("pk")))).delete()
