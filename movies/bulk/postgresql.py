"""Bulk writes into PostgreSQL by COPY."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import fields, replace
from typing import Any

import numpy as np
from django.db import connection, models, transaction

from movies.bulk import store
from movies.bulk.afterwards import built_afterwards, checked_afterwards, interruptible, vacuum
from movies.bulk.store import Columns, Written, ascending, by_movie, chunks, columns_of, recount, table_of

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
MANY = 500_000
"""Rows that go into a full table together, sorted by movie, so that its index is walked through once for all of them.

From so many on, what triggers and foreign keys do for each row is done sooner for all of them afterwards.
"""
FIELDS = (("user_id", ">i4"), ("movie_id", ">i4"), ("half_stars", ">i2"), ("rated_at", ">i8"))

LATEST_INCOMING = """
    DELETE FROM incoming USING (
        SELECT tableoid AS part, ctid AS place, row_number() OVER (
            PARTITION BY user_id, movie_id ORDER BY rated_at DESC, ctid
        ) AS rank FROM incoming
    ) AS ranked
    WHERE incoming.tableoid = ranked.part AND incoming.ctid = ranked.place AND ranked.rank > 1
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
    """See `movies.bulk.store.Store`."""

    @contextmanager
    def loading(self) -> Iterator[None]:
        """One transaction; then pages that everybody may see are marked as such: an index is enough to count."""
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
                return self._add_to_full(cursor, batches)
            return self._fill_empty(cursor, batches)

    def set_ratings_aside(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(store.OF_VISITORS)
            cursor.execute("TRUNCATE movies_rating")
            cursor.execute(store.COUNT_NOTHING)

    def put_ratings_back(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(store.PUT_BACK)
            cursor.execute("DROP TABLE ratings_aside")

    def analyse(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE movies_rating, movies_movie, movies_movie_genres, movies_movietag, movies_user")

    def _fill_empty(self, cursor: Any, batches: Iterable[Columns]) -> Written:
        with built_afterwards(cursor, "movies_rating"):
            written, in_order = _copy_ratings(cursor, "movies_rating", batches, _frozen(cursor))
            if not in_order:
                cursor.execute(LATEST_INCOMING.replace("incoming", "movies_rating"))
                written.added -= cursor.rowcount
                written.unchanged = cursor.rowcount
        # An index that has just been built lies in order: counting goes through it sooner than through the table.
        cursor.execute("SET LOCAL random_page_cost = 1")
        recount()
        cursor.execute("SET LOCAL random_page_cost TO DEFAULT")
        return written

    def _add_to_full(self, cursor: Any, batches: Iterable[Columns]) -> Written:
        columns = ", ".join(name for name, _ in FIELDS)
        cursor.execute(f"CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT {columns} FROM movies_rating WITH NO DATA")
        strangers = _Strangers(cursor)
        incoming, in_order = _copy_ratings(cursor, "incoming", strangers.taken_from(batches))
        with interruptible():
            written = _merge_incoming(cursor, incoming.added, in_order=in_order)
        cursor.execute("DROP TABLE incoming")
        return replace(written, added=written.added + strangers.added)

    def _copy_text(self, table: str, columns: str, rows: Iterable[Sequence[Any]], options: str = "") -> None:
        with connection.cursor() as cursor:
            for chunk in chunks(rows):
                text = io.StringIO()
                csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(chunk)
                text.seek(0)
                cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv{options})", text)


def _frozen(cursor: Any) -> str:
    """How to copy rows into the empty table that need no look at them later; there is no such way into partitions."""
    cursor.execute("TRUNCATE movies_rating")
    cursor.execute("SELECT relkind = 'r' FROM pg_class WHERE oid = 'movies_rating'::regclass")
    return ", FREEZE" if cursor.fetchone()[0] else ""


def _copy_ratings(cursor: Any, table: str, batches: Iterable[Columns], options: str = "") -> tuple[Written, bool]:
    """Copy ratings; say how many, and whether they came in the order of users and movies, each pair once."""
    rows, last, in_order = 0, -1, True
    for batch in batches:
        if in_order:
            in_order, last = ascending(batch, last)
        rows += len(batch.users)
        _copy(cursor, table, batch, options)
    return Written(added=rows), in_order


class _Strangers:
    """Copies straight into the full table the ratings of people of whom it has none: their ids are above all others."""

    def __init__(self, cursor: Any) -> None:
        cursor.execute("SELECT max(user_id) FROM movies_rating")
        (known,) = cursor.fetchone()
        self.added = 0
        self._cursor = cursor
        self._last = (known + 1) << 32
        self._block: list[Columns] = []

    def taken_from(self, batches: Iterable[Columns]) -> Iterator[Columns]:
        """The batches that are of others, or not in order, as they come; the strangers' are copied, each pair once."""
        with ExitStack() as afterwards:
            for batch in batches:
                in_order, last = ascending(batch, self._last)
                if not in_order:
                    yield batch
                    continue
                self._last = last
                self._block.append(batch)
                if sum(len(waiting.users) for waiting in self._block) >= MANY:
                    self._copy(afterwards)
            if self._block:
                self._copy(afterwards)

    def _copy(self, afterwards: ExitStack) -> None:
        block = _joined(self._block)
        self._block = []
        if not self.added:
            afterwards.enter_context(checked_afterwards(self._cursor, many=len(block.users) >= MANY))
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
    with checked_afterwards(cursor, many=True) if rows >= MANY else nullcontext():
        cursor.execute(INSERT_NEW)
        added = cursor.rowcount
    return Written(added, changed, rows - added - changed)


def _copy(cursor: Any, table: str, batch: Columns, options: str = "") -> None:
    columns = ", ".join(name for name, _ in FIELDS)
    rows = io.BytesIO(_binary(batch))
    cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT binary{options})", rows)


def _binary(batch: Columns) -> bytes:
    """The rows in COPY's binary form: for each its number of fields, and for each field length and value."""
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in FIELDS:
        layout += [(f"{name}_length", ">i4"), (name, kind)]
    rows = np.empty(len(batch.users), dtype=layout)
    rows["fields"] = len(FIELDS)
    for (name, kind), values in zip(FIELDS, (batch.users, batch.movies, batch.half_stars, batch.rated_at), strict=True):
        rows[f"{name}_length"] = np.dtype(kind).itemsize
        rows[name] = values
    return SIGNATURE + rows.tobytes() + TRAILER
