"""Bulk writes into SQLite through multi-row inserts."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import numpy as np
from django.db import IntegrityError, OperationalError, connection, models, transaction
from numpy.typing import NDArray

from movies.bulk import store
from movies.bulk.store import Columns, Written, ascending, by_movie, chunks, columns_of, recount, table_of

ROWS_PER_STATEMENT = 240
"""A statement costs more than a row; every SQLite takes at least 999 values, four a row."""

COUNT = "SELECT count(*) FROM movies_rating"
# With a bare movie_id, SQLite would scan all ratings in the order of that index.
COUNT_AFTER = """
    UPDATE movies_movie SET rating_count = rating_count + added.ratings, rating_sum = rating_sum + added.half_stars
    FROM (
        SELECT +movie_id AS movie, count(*) AS ratings, sum(half_stars) AS half_stars
        FROM movies_rating WHERE id > %s GROUP BY +movie_id
    ) AS added
    WHERE added.movie = movies_movie.id
"""
CACHE_KILOBYTES = 460_800

LAST = "SELECT user_id << 32 | movie_id FROM movies_rating ORDER BY user_id DESC, movie_id DESC LIMIT 1"

# A failed statement aborts the whole load, so SQLite need not journal pages for the rollback of a single statement.
INSERT = "INSERT OR FAIL INTO movies_rating (user_id, movie_id, half_stars, rated_at) VALUES "
KEEP_LATEST = """
    ON CONFLICT (user_id, movie_id) DO UPDATE SET half_stars = excluded.half_stars, rated_at = excluded.rated_at
    WHERE excluded.rated_at > rated_at
"""
INDEX_NEW = "INSERT INTO movies_search (rowid, search_text) SELECT id, search_text FROM movies_movie WHERE id > %s"
# Distinct ids are read by skipping from one to the next in an index, and each is looked up once.
ORPHANS = """
    WITH RECURSIVE ids(key) AS (
        SELECT min({column}) FROM movies_rating
        UNION ALL
        SELECT (SELECT min({column}) FROM movies_rating WHERE {column} > ids.key) FROM ids WHERE key IS NOT NULL
    )
    SELECT key FROM ids WHERE key IS NOT NULL AND key NOT IN (SELECT id FROM {table}) LIMIT 1
"""


class SQLite:
    """`movies.bulk.store.Store` for SQLite."""

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Run one transaction, which checks foreign keys once at its end instead of row by row."""
        connection.ensure_connection()
        was_checking = connection.disable_constraint_checking()
        try:
            with _tuned(), transaction.atomic():
                yield
                _check_ratings()
                connection.check_constraints(["movies_movietag", "movies_movie_genres"])
        finally:
            if was_checking:
                connection.enable_constraint_checking()

    def insert(self, model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        with _defer_search_index() if model._meta.db_table == "movies_movie" else nullcontext():
            self._executemany("INSERT", model, fields, rows)

    def merge(self, model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        return self._executemany("INSERT OR IGNORE", model, fields, rows)

    def write_ratings(self, batches: Iterable[Columns]) -> Written:
        before = _value("SELECT max(id) FROM movies_rating")
        with connection.cursor() as cursor, dropped(cursor, "trigger", "movies_rating"):
            with nullcontext() if before else dropped(cursor, "index", "movies_rating"):
                rows, added, affected = _write(batches)
            if before and affected == added:
                cursor.execute(COUNT_AFTER, [before])
            elif affected:
                recount()
        changed = affected - added if before else 0
        return Written(added, changed, rows - added - changed)

    def set_ratings_aside(self) -> None:
        with connection.cursor() as cursor, dropped(cursor, "trigger", "movies_rating"):
            cursor.execute(store.SET_ASIDE)
            cursor.execute("DELETE FROM movies_rating")
            cursor.execute(store.RESET_COUNTERS)

    def put_ratings_back(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(store.PUT_BACK)
            cursor.execute("DROP TABLE ratings_aside")

    def analyse(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")

    def _executemany(
        self, verb: str, model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> int:
        placeholders = ", ".join(["%s"] * len(fields))
        affected = 0
        with connection.cursor() as cursor:
            for chunk in chunks(rows):
                sql = f"{verb} INTO {table_of(model)} ({columns_of(model, fields)}) VALUES ({placeholders})"
                cursor.executemany(sql, chunk)
                affected += cursor.rowcount
        return affected


@contextmanager
def _tuned() -> Iterator[None]:
    """Set the pragmas for a load, and restore them afterwards.

    An empty table is filled without the write-ahead log, which would hold the whole load and be searched for every
    page that is read back. In a non-empty table new rows touch index pages everywhere: a large cache keeps them in
    memory, and without memory mapping they are held only once.
    """
    if connection.in_atomic_block or _value("PRAGMA journal_mode") != "wal":
        yield
        return
    if _value("SELECT EXISTS (SELECT 1 FROM movies_rating)"):
        mapped = _value("PRAGMA mmap_size")
        tuned = ["PRAGMA mmap_size = 0", f"PRAGMA cache_size = -{CACHE_KILOBYTES}"]
        restored = [f"PRAGMA mmap_size = {mapped}", "PRAGMA cache_size = -2000"]
    else:
        tuned = ["PRAGMA journal_mode = delete", "PRAGMA synchronous = full"]
        restored = ["PRAGMA journal_mode = wal", "PRAGMA synchronous = normal"]
    try:
        for pragma in tuned:
            # The journal mode cannot change while another connection has the database open.
            with suppress(OperationalError):
                _value(pragma)
        yield
    finally:
        for pragma in restored:
            _value(pragma)


def _value(sql: str) -> Any:
    """Return the first value of the first row, or None."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall()
    return rows[0][0] if rows else None


def _write(batches: Iterable[Columns]) -> tuple[int, int, int]:
    """Write ratings; return how many were read, how many of them are new, and how many rows were written.

    While (user, movie) pairs ascend and follow the last stored one, none can be stored yet, and no conflict is checked.
    """
    raw = connection.connection.cursor()
    rows, new, affected, last, before = 0, 0, 0, _value(LAST) or -1, None
    has_rows = last >= 0
    for batch in batches:
        if before is None:
            in_order, last = ascending(batch, last)
            if not in_order:
                new, before = rows, _value(COUNT)
        to_write = by_movie(batch) if has_rows and before is None else batch
        table = np.column_stack([to_write.users, to_write.movies, to_write.half_stars, to_write.rated_at])
        whole = len(table) // ROWS_PER_STATEMENT * ROWS_PER_STATEMENT
        for part, size in ((table[:whole], ROWS_PER_STATEMENT), (table[whole:], 1)):
            affected += _insert(raw, part, size, "" if before is None else KEEP_LATEST)
        rows += len(table)
    return rows, rows if before is None else new + _value(COUNT) - before, affected


def _insert(raw: Any, table: NDArray[np.int64], size: int, conflict: str) -> int:
    """Insert rows of four numbers, `size` of them in each statement."""
    if not len(table):
        return 0
    raw.executemany(INSERT + ", ".join(["(?, ?, ?, ?)"] * size) + conflict, table.reshape(-1, 4 * size).tolist())
    affected: int = raw.rowcount
    return affected


def _check_ratings() -> None:
    with connection.cursor() as cursor:
        for column, table in (("user_id", "movies_user"), ("movie_id", "movies_movie")):
            cursor.execute(ORPHANS.format(column=column, table=table))
            if orphan := cursor.fetchone():
                raise IntegrityError(f"A rating has {column} {orphan[0]}, which is not in {table}.")


@contextmanager
def _defer_search_index() -> Iterator[None]:
    """Index the words of new movies once all are inserted; a trigger would write that index for each movie."""
    last = _value("SELECT coalesce(max(id), 0) FROM movies_movie")
    with connection.cursor() as cursor:
        indexes = nullcontext() if last else dropped(cursor, "index", "movies_movie")
        with dropped(cursor, "trigger", "movies_movie"), indexes:
            yield
        cursor.execute(INDEX_NEW, [last])


@contextmanager
def dropped(cursor: Any, kind: str, table: str) -> Iterator[None]:
    """Drop the table's triggers or indexes while it is filled; indexes of constraints have to stay."""
    cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = %s AND tbl_name = %s AND sql IS NOT NULL", [kind, table]
    )
    dropped = cursor.fetchall()
    for name, _ in dropped:
        cursor.execute(f'DROP {kind} "{name}"')
    yield
    for _, sql in dropped:
        cursor.execute(sql)
