"""Bulk writes into PostgreSQL through COPY."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import fields, replace
from typing import Any

import numpy as np
from django.db import connection, models, transaction

from movies.bulk import store
from movies.bulk.afterwards import defer_checks, defer_indexes, interruptible, vacuum
from movies.bulk.store import Columns, Written, ascending, by_movie, chunks, columns_of, recount, table_of

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
MANY = 500_000
"""Rows added to a non-empty table at a time, sorted by movie, so that the index on the movie is walked only once.

From this many rows on, counting them and checking foreign keys in one pass is faster than per row.
"""
RATING_FIELDS = (("user_id", ">i4"), ("movie_id", ">i4"), ("half_stars", ">i2"), ("rated_at", ">i8"))

LATEST_INCOMING = """
    DELETE FROM incoming USING (
        SELECT tableoid AS part, ctid AS tuple_id, row_number() OVER (
            PARTITION BY user_id, movie_id ORDER BY rated_at DESC, ctid
        ) AS rank FROM incoming
    ) AS ranked
    WHERE incoming.tableoid = ranked.part AND incoming.ctid = ranked.tuple_id AND ranked.rank > 1
"""
UPDATE_OLDER = """
    UPDATE movies_rating AS rating SET half_stars = incoming.half_stars, rated_at = incoming.rated_at
    FROM incoming
    WHERE rating.user_id = incoming.user_id AND rating.movie_id = incoming.movie_id
      AND rating.rated_at < incoming.rated_at
"""
INSERT_NEW = """
    INSERT INTO movies_rating (user_id, movie_id, half_stars, rated_at)
    SELECT user_id, movie_id, half_stars, rated_at FROM incoming
    WHERE NOT EXISTS (
        SELECT FROM movies_rating AS rating
        WHERE rating.user_id = incoming.user_id AND rating.movie_id = incoming.movie_id
    )
    ORDER BY user_id, movie_id
"""


class PostgreSQL:
    """`movies.bulk.store.Store` for PostgreSQL."""

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Run one transaction, then vacuum: with all-visible pages, ratings are counted from an index alone."""
        with transaction.atomic():
            yield
        if not connection.in_atomic_block:
            vacuum("movies_rating", "movies_movie")

    def insert(self, model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        nullable = [name for name in fields if model._meta.get_field(name).null]
        forced = f", FORCE_NULL ({columns_of(model, nullable)})" if nullable else ""
        self._copy_text(table_of(model), columns_of(model, fields), rows, forced)

    def merge(self, model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        table, columns = table_of(model), columns_of(model, fields)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE merging ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA")
            self._copy_text("merging", columns, rows)
            cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM merging ON CONFLICT DO NOTHING")
            added: int = cursor.rowcount
            cursor.execute("DROP TABLE merging")
        return added

    def write_ratings(self, batches: Iterable[Columns]) -> Written:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SELECT EXISTS (SELECT FROM movies_rating)")
            if cursor.fetchone()[0]:
                return self._add_to_existing(cursor, batches)
            return self._fill_empty(cursor, batches)

    def set_ratings_aside(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(store.SET_ASIDE)
            cursor.execute("TRUNCATE movies_rating")
            cursor.execute(store.RESET_COUNTERS)

    def put_ratings_back(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(store.PUT_BACK)
            cursor.execute("DROP TABLE ratings_aside")

    def analyse(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE movies_rating, movies_movie, movies_movie_genres, movies_movietag, movies_user")

    def _fill_empty(self, cursor: Any, batches: Iterable[Columns]) -> Written:
        with defer_indexes(cursor, "movies_rating"):
            written, in_order = _copy_ratings(cursor, "movies_rating", batches, _freeze_option(cursor))
            if not in_order:
                cursor.execute(LATEST_INCOMING.replace("incoming", "movies_rating"))
                written.added -= cursor.rowcount
                written.unchanged = cursor.rowcount
        # The new index lies in order on disk, so counting from it is faster than a scan of the table.
        cursor.execute("SET LOCAL random_page_cost = 1")
        recount()
        cursor.execute("SET LOCAL random_page_cost TO DEFAULT")
        return written

    def _add_to_existing(self, cursor: Any, batches: Iterable[Columns]) -> Written:
        columns = ", ".join(name for name, _ in RATING_FIELDS)
        cursor.execute(f"CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT {columns} FROM movies_rating WITH NO DATA")
        appended = _NewUserRatings(cursor)
        incoming, in_order = _copy_ratings(cursor, "incoming", appended.copy_and_return_rest(batches))
        with interruptible():
            written = _merge_incoming(cursor, incoming.added, in_order=in_order)
        cursor.execute("DROP TABLE incoming")
        return replace(written, added=written.added + appended.added)

    def _copy_text(self, table: str, columns: str, rows: Iterable[Sequence[Any]], options: str = "") -> None:
        with connection.cursor() as cursor:
            for chunk in chunks(rows):
                text = io.StringIO()
                csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(chunk)
                text.seek(0)
                cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv{options})", text)


def _freeze_option(cursor: Any) -> str:
    """Return the COPY option that writes frozen rows into the empty table; partitioned tables do not allow it."""
    cursor.execute("TRUNCATE movies_rating")
    cursor.execute("SELECT relkind = 'r' FROM pg_class WHERE oid = 'movies_rating'::regclass")
    return ", FREEZE" if cursor.fetchone()[0] else ""


def _copy_ratings(cursor: Any, table: str, batches: Iterable[Columns], options: str = "") -> tuple[Written, bool]:
    """Copy ratings; return their number and whether (user, movie) pairs ascended strictly."""
    rows, last, in_order = 0, -1, True
    for batch in batches:
        if in_order:
            in_order, last = ascending(batch, last)
        rows += len(batch.users)
        _copy(cursor, table, batch, options)
    return Written(added=rows), in_order


class _NewUserRatings:
    """Copies the ratings of new users straight into the table; their ids are above those of all users who rated."""

    def __init__(self, cursor: Any) -> None:
        cursor.execute("SELECT max(user_id) FROM movies_rating")
        (largest_user,) = cursor.fetchone()
        self.added = 0
        self._cursor = cursor
        self._last = (largest_user + 1) << 32
        self._block: list[Columns] = []

    def copy_and_return_rest(self, batches: Iterable[Columns]) -> Iterator[Columns]:
        """Copy the batches of new users in strict (user, movie) order; yield all others unchanged."""
        with ExitStack() as deferred:
            for batch in batches:
                in_order, last = ascending(batch, self._last)
                if not in_order:
                    yield batch
                    continue
                self._last = last
                self._block.append(batch)
                if sum(len(ratings.users) for ratings in self._block) >= MANY:
                    self._copy(deferred)
            if self._block:
                self._copy(deferred)

    def _copy(self, deferred: ExitStack) -> None:
        block = _joined(self._block)
        self._block = []
        if not self.added:
            deferred.enter_context(defer_checks(self._cursor, many=len(block.users) >= MANY))
        _copy(self._cursor, "movies_rating", by_movie(block))
        self.added += len(block.users)


def _joined(batches: Sequence[Columns]) -> Columns:
    names = [field.name for field in fields(Columns)]
    return Columns(*(np.concatenate([getattr(batch, name) for batch in batches]) for name in names))


def _merge_incoming(cursor: Any, rows: int, *, in_order: bool) -> Written:
    if not rows:
        return Written()
    if not in_order:
        cursor.execute(LATEST_INCOMING)
    cursor.execute("ANALYZE incoming")
    cursor.execute(UPDATE_OLDER)
    changed = cursor.rowcount
    with defer_checks(cursor, many=True) if rows >= MANY else nullcontext():
        cursor.execute(INSERT_NEW)
        added = cursor.rowcount
    return Written(added, changed, rows - added - changed)


def _copy(cursor: Any, table: str, batch: Columns, options: str = "") -> None:
    columns = ", ".join(name for name, _ in RATING_FIELDS)
    rows = io.BytesIO(_binary(batch))
    cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT binary{options})", rows)


def _binary(batch: Columns) -> bytes:
    """Encode rows in COPY's binary format: per row the number of fields, per field its length and value."""
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in RATING_FIELDS:
        layout += [(f"{name}_length", ">i4"), (name, kind)]
    rows = np.empty(len(batch.users), dtype=layout)
    rows["fields"] = len(RATING_FIELDS)
    for (name, kind), values in zip(
        RATING_FIELDS, (batch.users, batch.movies, batch.half_stars, batch.rated_at), strict=True
    ):
        rows[f"{name}_length"] = np.dtype(kind).itemsize
        rows[name] = values
    return SIGNATURE + rows.tobytes() + TRAILER
