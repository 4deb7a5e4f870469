"""Bulk writes into SQLite."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction

from movies.bulk.store import Columns, Written, chunks, columns_of, recount, table_of

UPSERT = """
    INSERT INTO movies_rating (user_id, movie_id, half_stars, rated_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (user_id, movie_id) DO UPDATE SET half_stars = excluded.half_stars, rated_at = excluded.rated_at
    WHERE excluded.rated_at > rated_at
"""


class SQLite:
    """See `movies.bulk.store.Store`."""

    @contextmanager
    def loading(self) -> Iterator[None]:
        """One transaction.  Foreign keys are checked once at its end, not row by row."""
        connection.ensure_connection()
        checked = connection.disable_constraint_checking()
        try:
            with transaction.atomic():
                yield
                connection.check_constraints(["movies_rating", "movies_movietag", "movies_movie_genres"])
        finally:
            if checked:
                connection.enable_constraint_checking()

    def insert(self, model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        self._executemany("INSERT", model, fields, rows)

    def merge(self, model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        return self._executemany("INSERT OR IGNORE", model, fields, rows)

    def write_ratings(self, batches: Iterable[Columns]) -> Written:
        with connection.cursor() as cursor, _without_triggers(cursor):
            before, rows, affected = _count(cursor), 0, 0
            raw = connection.connection.cursor()
            for batch in batches:
                columns = (batch.users, batch.movies, batch.half_stars, batch.rated_at)
                raw.executemany(UPSERT, zip(*(column.tolist() for column in columns), strict=True))
                affected += raw.rowcount
                rows += len(batch.users)
            added = _count(cursor) - before
            if affected:
                recount()
        changed = affected - added if before else 0
        return Written(added, changed, rows - added - changed)

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


def _count(cursor: Any) -> int:
    cursor.execute("SELECT count(*) FROM movies_rating")
    count: int = cursor.fetchone()[0]
    return count


@contextmanager
def _without_triggers(cursor: Any) -> Iterator[None]:
    """Without the triggers that count each rating by itself: the load counts them all at its end."""
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'movies_rating'")
    triggers = cursor.fetchall()
    for name, _ in triggers:
        cursor.execute(f'DROP TRIGGER "{name}"')
    yield
    for _, sql in triggers:
        cursor.execute(sql)
