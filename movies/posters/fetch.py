"""Posters from TMDB, fetched by the worker and stored locally; a page never waits for one."""

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
REFRESH_AFTER = timedelta(days=90)
"""TMDB's terms allow cached data to be at most six months old."""


def enabled() -> bool:
    return bool(settings.TMDB_KEY)


def open_poster(movie: Movie) -> IO[bytes] | None:
    """Open a movie's poster; return None if it has none or its file is missing."""
    if not movie.poster:
        return None
    try:
        return storages["posters"].open(movie.poster)
    except FileNotFoundError:
        return None


def fetch_posters(n: int = POSTERS_PER_TASK) -> int:
    """Fetch posters of the n most rated movies that are due; return the number of posters found.

    Raises `tmdb.UnavailableError` if TMDB does not answer; posters fetched until then are kept.
    """
    fetched = 0
    for movie in _due()[:n]:
        content = _download(movie)
        if movie.poster:
            storages["posters"].delete(movie.poster)
        name = storages["posters"].save(f"{movie.tmdb_id}.jpg", ContentFile(content)) if content else None
        Movie.objects.filter(pk=movie.pk).update(poster=name, poster_sought_at=timezone.now())
        fetched += bool(name)
    logger.info("%d posters fetched", fetched)
    return fetched


def _due() -> QuerySet[Movie]:
    never_or_long_ago = Q(poster_sought_at=None) | Q(poster_sought_at__lt=timezone.now() - REFRESH_AFTER)
    return Movie.objects.filter(never_or_long_ago, tmdb_id__isnull=False).order_by("-rating_count", "pk")


def _download(movie: Movie) -> bytes | None:
    path = tmdb.poster_path(settings.TMDB_API, settings.TMDB_KEY, movie.tmdb_id or 0)
    return tmdb.picture(settings.TMDB_IMAGES, path) if path else None
