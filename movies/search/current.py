"""The indexes of this process: built in the background, and rebuilt when the catalogue has changed."""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from django.db import DatabaseError, connection
from django.db.models import BigIntegerField, Count, F, Func, Max, Sum
from django.db.models.functions import Cast

from movies.models import Movie, MovieTag, Tag
from movies.search.text_index import Document, TextIndex

LOG = logging.getLogger(__name__)
CHECK_SECONDS = 10.0
"""While there are searches, the catalogue is compared with the index at this interval."""
LONGEST_SECONDS = 3_600.0
"""After this time the index is rebuilt in any case: numbers of ratings and tags change all the time."""
ROWS_AT_ONCE = 2_000

Stamp = tuple[Any, ...]


@dataclass(frozen=True)
class Indexes:
    """What is searched. Movies with ids above `last_pk` are newer than the index."""

    movies: TextIndex
    tags: TextIndex
    stamp: Stamp
    last_pk: int
    built_at: float = field(default_factory=time.monotonic)


class _State:
    def __init__(self) -> None:
        self.indexes: Indexes | None = None
        self.checked_at = 0.0
        self.lock = threading.Lock()


_state = _State()


def current() -> Indexes | None:
    """Return the indexes without waiting: None until the first are built, and a replaced version while others are."""
    if time.monotonic() - _state.checked_at >= CHECK_SECONDS and not _state.lock.locked():
        _state.checked_at = time.monotonic()
        start_refresh()
    return _state.indexes


def forget() -> None:
    """Drop the indexes of this process."""
    _state.indexes = None


def start_refresh() -> None:
    threading.Thread(target=_refresh_in_background, name="search-index", daemon=True).start()


def refresh() -> Indexes:
    """Rebuild the indexes if the catalogue differs from them or they are old."""
    with _state.lock:
        indexes, now = _state.indexes, stamp()
        if indexes is None or indexes.stamp != now or time.monotonic() - indexes.built_at > LONGEST_SECONDS:
            movies, tags = TextIndex(_movies()), TextIndex(_tags())
            indexes = _state.indexes = Indexes(movies, tags, now, int(movies.pks.max(initial=0)))
        _state.checked_at = time.monotonic()
        return indexes


def prepare() -> None:
    """Build the indexes before a server forks, so that its workers share their memory."""
    try:
        refresh()
    except DatabaseError:
        # The next search tries again; until then the previous index or the prefix search answers.
        LOG.warning("The search index could not be refreshed.", exc_info=True)


def _refresh_in_background() -> None:
    try:
        prepare()
    finally:
        connection.close()


def stamp() -> Stamp:
    """Return a value that changes whenever a title, another name or a year does: a checksum over all movies."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.connection.create_function("hashtext", 1, lambda text: crc32(text.encode()), deterministic=True)
    hashed = Cast(Func(F("search_text"), function="hashtext", output_field=BigIntegerField()), BigIntegerField())
    totals = Movie.objects.aggregate(n=Count("pk"), last=Max("pk"), total=Sum(hashed * F("pk") % 1_000_003))
    return (totals["n"], totals["last"], totals["total"], Tag.objects.aggregate(last=Max("pk"))["last"])


def document(row: tuple[Any, ...]) -> Document:
    """Make a document of a movie's `FIELDS`."""
    pk, title, alternative, year, rating_count, text = row
    names = tuple(dict.fromkeys((title, *(name for name in alternative.split(" / ") if name))))
    return Document(pk, names, year, rating_count, text)


FIELDS = ("pk", "title", "alternative_title", "year", "rating_count", "search_text")


def _movies() -> Iterator[Document]:
    for row in Movie.objects.order_by().values_list(*FIELDS).iterator(ROWS_AT_ONCE):
        yield document(row)


def _tags() -> Iterator[Document]:
    """Yield the tags that some movie has, with the number of times that they were applied."""
    applied = dict(MovieTag.objects.order_by().values_list("tag").annotate(times=Count("*")))
    for pk, name in Tag.objects.order_by().values_list("pk", "name").iterator(ROWS_AT_ONCE):
        if pk in applied:
            yield Document(pk, (name,), None, applied[pk])
