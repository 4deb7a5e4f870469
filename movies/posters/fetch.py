"""Posters from TMDB, fetched by the worker and kept among our files; a page never waits for one."""

import logging
from datetime import timedelta
from typing import IO

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.models import Q, QuerySet
from django.utils import timezone

from movies.models import Movie
from movies.sources import tmdb

logger = logging.getLogger(__name__)

POSTERS_PER_TASK = 100
SEEK_AGAIN = timedelta(days=90)
"""When a movie is asked for again; TMDB wants what is kept of it to be no older than half a year."""


def wanted() -> bool:
    return bool(settings.TMDB_KEY)


def open_poster(movie: Movie) -> IO[bytes] | None:
    """A movie's poster; None if it has none, or its file is gone."""
    if not movie.poster:
        return None
    try:
        return storages["posters"].open(movie.poster)
    except FileNotFoundError:
        return None


def fetch_posters(n: int = POSTERS_PER_TASK) -> int:
    """Seek posters of the n best known movies that have not been sought lately; say how many were found.

    Raises `tmdb.UnavailableError` when TMDB does not answer; what has been found until then is kept.
    """
    found = 0
    for movie in _unsought()[:n]:
        content = _content_of(movie)
        if movie.poster:
            storages["posters"].delete(movie.poster)
        name = storages["posters"].save(f"{movie.tmdb_id}.jpg", ContentFile(content)) if content else None
        Movie.objects.filter(pk=movie.pk).update(poster=name, poster_sought_at=timezone.now())
        found += bool(name)
    logger.info("%d posters fetched", found)
    return found


def _unsought() -> QuerySet[Movie]:
    never_or_long_ago = Q(poster_sought_at=None) | Q(poster_sought_at__lt=timezone.now() - SEEK_AGAIN)
    return Movie.objects.filter(never_or_long_ago, tmdb_id__isnull=False).order_by("-rating_count", "pk")


def _content_of(movie: Movie) -> bytes | None:
    path = tmdb.poster_path(settings.TMDB_API, settings.TMDB_KEY, movie.tmdb_id or 0)
    return tmdb.picture(settings.TMDB_IMAGES, path) if path else None
