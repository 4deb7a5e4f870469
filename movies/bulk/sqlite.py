"""Bulk writes into SQLite."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import numpy as np
from django.db import IntegrityError, OperationalError, connection, models, transaction
from numpy.typing import NDArray

from movies.bulk import store
from movies.bulk.store import Columns, Written, ascending, by_movie, chunks, columns_of, recount, table_of

ROWS = 240
"""So many rows go into one statement: each statement costs more than a row, and every SQLite takes 999 values."""

COUNT = "SELECT count(*) FROM movies_rating"
# With a bare movie_id, SQLite would go through all ratings in the order of that index.
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

# A statement that fails takes the whole load with it: SQLite need not keep what each page was before the statement.
INSERT = "INSERT OR FAIL INTO movies_rating (user_id, movie_id, half_stars, rated_at) VALUES "
LATEST_STAYS = """
    ON CONFLICT (user_id, movie_id) DO UPDATE SET half_stars = excluded.half_stars, rated_at = excluded.rated_at
    WHERE excluded.rated_at > rated_at
"""
FIND_NEW = "INSERT INTO movies_search (rowid, search_text) SELECT id, search_text FROM movies_movie WHERE id > %s"
# Every id that occurs is looked up once, from one to the next in an index: the rows themselves are too many.
ORPHANS = """
    WITH RECURSIVE found(key) AS (
        SELECT min({column}) FROM movies_rating
        UNION ALL
        SELECT (SELECT min({column}) FROM movies_rating WHERE {column} > found.key) FROM found WHERE key IS NOT NULL
    )
    SELECT key FROM found WHERE key IS NOT NULL AND key NOT IN (SELECT id FROM {table}) LIMIT 1
"""


class SQLite:
    """See `movies.bulk.store.Store`."""

    @contextmanager
    def loading(self) -> Iterator[None]:
        """One transaction.  Foreign keys are checked once at its end, not row by row."""
        connection.ensure_connection()
        checked = connection.disable_constraint_checking()
        try:
            with _tuned(), transaction.atomic():
                yield
                _check_ratings()
                connection.check_constraints(["movies_movietag", "movies_movie_genres"])
        finally:
            if checked:
                connection.enable_constraint_checking()

    def insert(self, model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        with _indexed_at_once() if model._meta.db_table == "movies_movie" else nullcontext():
            self._executemany("INSERT", model, fields, rows)

    def merge(self, model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        return self._executemany("INSERT OR IGNORE", model, fields, rows)

    def write_ratings(self, batches: Iterable[Columns]) -> Written:
        before = _value("SELECT max(id) FROM movies_rating")
        with connection.cursor() as cursor, _without(cursor, "trigger", "movies_rating"):
            with nullcontext() if before else _without(cursor, "index", "movies_rating"):
                rows, added, affected = _write(batches)
            if before and affected == added:
                cursor.execute(COUNT_AFTER, [before])
            elif affected:
                recount()
        changed = affected - added if before else 0
        return Written(added, changed, rows - added - changed)

    def set_ratings_aside(self) -> None:
        with connection.cursor() as cursor, _without(cursor, "trigger", "movies_rating"):
            cursor.execute(store.OF_VISITORS)
            cursor.execute("DELETE FROM movies_rating")
            cursor.execute(store.COUNT_NOTHING)

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
        places = ", ".join(["%s"] * len(fields))
        affected = 0
        with connection.cursor() as cursor:
            for chunk in chunks(rows):
                sql = f"{verb} INTO {table_of(model)} ({columns_of(model, fields)}) VALUES ({places})"
                cursor.executemany(sql, chunk)
                affected += cursor.rowcount
        return affected


@contextmanager
def _tuned() -> Iterator[None]:
    """An empty table is filled without the write-ahead log, which would hold all of it and be searched for each page
    that is read back; in a full one, new rows meet index pages all over, which are to stay in memory, and only once."""
    if connection.in_atomic_block or _value("PRAGMA journal_mode") != "wal":
        yield
        return
    if _value("SELECT EXISTS (SELECT 1 FROM movies_rating)"):
        mapped = _value("PRAGMA mmap_size")
        during = ["PRAGMA mmap_size = 0", f"PRAGMA cache_size = -{CACHE_KILOBYTES}"]
        afterwards = [f"PRAGMA mmap_size = {mapped}", "PRAGMA cache_size = -2000"]
    else:
        during = ["PRAGMA journal_mode = delete", "PRAGMA synchronous = full"]
        afterwards = ["PRAGMA journal_mode = wal", "PRAGMA synchronous = normal"]
    try:
        for pragma in during:
            # While somebody else has the database open, the log stays.
            with suppress(OperationalError):
                _value(pragma)
        yield
    finally:
        for pragma in afterwards:
            _value(pragma)


def _value(sql: str) -> Any:
    """The one value of an answer, or None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall()
    return rows[0][0] if rows else None


def _write(batches: Iterable[Columns]) -> tuple[int, int, int]:
    """Write ratings; say how many there were, how many of them are new, and how many rows were written.

    None can be there yet as long as they come in the order of users and movies, and after the last that is there.
    """
    raw = connection.connection.cursor()
    rows, new, affected, last, before = 0, 0, 0, _value(LAST) or -1, None
    full = last >= 0
    for batch in batches:
        if before is None:
            in_order, last = ascending(batch, last)
            if not in_order:
                new, before = rows, _value(COUNT)
        to_write = by_movie(batch) if full and before is None else batch
        table = np.column_stack([to_write.users, to_write.movies, to_write.half_stars, to_write.rated_at])
        whole = len(table) // ROWS * ROWS
        for part, many in ((table[:whole], ROWS), (table[whole:], 1)):
            affected += _insert(raw, part, many, "" if before is None else LATEST_STAYS)
        rows += len(table)
    return rows, rows if before is None else new + _value(COUNT) - before, affected


def _insert(raw: Any, table: NDArray[np.int64], many: int, conflict: str) -> int:
    """Insert rows of four numbers, so many in each statement."""
    if not len(table):
        return 0
    raw.executemany(INSERT + ", ".join(["(?, ?, ?, ?)"] * many) + conflict, table.reshape(-1, 4 * many).tolist())
    affected: int = raw.rowcount
    return affected


def _check_ratings() -> None:
    with connection.cursor() as cursor:
        for column, table in (("user_id", "movies_user"), ("movie_id", "movies_movie")):
            cursor.execute(ORPHANS.format(column=column, table=table))
            if found := cursor.fetchone():
                raise IntegrityError(f"A rating has {column} {found[0]}, which is not in {table}.")


@contextmanager
def _indexed_at_once() -> Iterator[None]:
    """Put new movies into the index of words when all are there: a trigger would write that index for each movie."""
    last = _value("SELECT coalesce(max(id), 0) FROM movies_movie")
    with connection.cursor() as cursor:
        indexes = nullcontext() if last else _without(cursor, "index", "movies_movie")
        with _without(cursor, "trigger", "movies_movie"), indexes:
            yield
        cursor.execute(FIND_NEW, [last])


@contextmanager
def _without(cursor: Any, kind: str, table: str) -> Iterator[None]:
    """Without the table's triggers or indexes while it is filled; only indexes of its own constraints have to stay."""
    cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = %s AND tbl_name = %s AND sql IS NOT NULL", [kind, table]
    )
    dropped = cursor.fetchall()
    for name, _ in dropped:
        cursor.execute(f'DROP {kind} "{name}"')
    yield
    for _, sql in dropped:
        cursor.execute(sql)
