"""Indexes, constraint checks and counters of PostgreSQL, deferred until a bulk load has written its ratings."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras
from django.db import Error, IntegrityError, OperationalError, ProgrammingError, connection, transaction

logger = logging.getLogger(__name__)

SUM_UP = """
    CREATE TEMP TABLE added ON COMMIT DROP AS
    SELECT user_id, movie_id, count(*) AS ratings, sum(half_stars) AS half_stars
    FROM movies_rating WHERE id > %s GROUP BY GROUPING SETS ((user_id), (movie_id))
"""
"""Totals of the ratings after an id in one scan: per user with a null movie, and per movie with a null user."""
DANGLING = """
    SELECT 'user', user_id FROM added
    WHERE user_id IS NOT NULL AND NOT EXISTS (SELECT FROM movies_user WHERE id = added.user_id)
    UNION ALL SELECT 'movie', movie_id FROM added
    WHERE movie_id IS NOT NULL AND NOT EXISTS (SELECT FROM movies_movie WHERE id = added.movie_id)
    LIMIT 1
"""
COUNT = """
    UPDATE movies_movie SET rating_count = rating_count + added.ratings, rating_sum = rating_sum + added.half_stars
    FROM added WHERE added.movie_id = movies_movie.id
"""


@contextmanager
def defer_indexes(cursor: Any, table: str) -> Iterator[None]:
    """Drop the table's keys and indexes and disable its triggers while it is filled; rebuild them afterwards."""
    cursor.execute(
        "SELECT indexname, replace(indexdef, ' ON ONLY ', ' ON ') FROM pg_indexes "
        "WHERE schemaname = current_schema() AND tablename = %s "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass)",
        [table, table],
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    with _defer_constraints(cursor, table, "puf"):
        yield
    with interruptible():
        for _, definition in indexes:
            cursor.execute(definition)
    cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@contextmanager
def defer_checks(cursor: Any, *, many: bool) -> Iterator[None]:
    """Add ratings without triggers; count them and check their foreign keys once all are written.

    Locks out other writers of ratings, users and movies until the end of the transaction. A role that may not disable
    foreign keys drops and rebuilds them for many ratings, which locks out readers too; for fewer ratings each row is
    checked as it is written.
    """
    cursor.execute("LOCK movies_rating, movies_movie, movies_user IN SHARE ROW EXCLUSIVE MODE")
    cursor.execute("SELECT max(id) FROM movies_rating")
    (last,) = cursor.fetchone()
    if _disable_triggers_and_foreign_keys(cursor):
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
    else:
        cursor.execute("ALTER TABLE movies_rating DISABLE TRIGGER USER")
        with _defer_constraints(cursor, "movies_rating", "f") if many else nullcontext():
            yield
        cursor.execute("ALTER TABLE movies_rating ENABLE TRIGGER USER")
    with interruptible():
        cursor.execute(SUM_UP, [last])
        cursor.execute("ANALYZE added")
        cursor.execute(DANGLING)
        if dangling := cursor.fetchone():
            raise IntegrityError("A rating refers to {} {}, which does not exist.".format(*dangling))
        cursor.execute(COUNT)
        cursor.execute("DROP TABLE added")


def _disable_triggers_and_foreign_keys(cursor: Any) -> bool:
    """Disable triggers and foreign key checks in this transaction; return False if the role lacks the privilege.

    Superusers have it.
    """
    try:
        with transaction.atomic():
            cursor.execute("SET LOCAL session_replication_role = replica")
    except ProgrammingError as error:
        if isinstance(error.__cause__, psycopg2.errors.InsufficientPrivilege):
            return False
        raise
    return True


@contextmanager
def _defer_constraints(cursor: Any, table: str, kinds: str) -> Iterator[None]:
    """Drop the table's constraints of these kinds (p, u, f) while it is written; rebuild keys before foreign keys."""
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = %s::regclass AND contype::text = ANY (%s) ORDER BY contype = 'f', contype <> 'p'",
        [table, list(kinds)],
    )
    constraints = cursor.fetchall()
    for name, _ in constraints:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    yield
    with interruptible():
        for name, definition in constraints:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C cancel a long statement; by default psycopg2 waits until the statement ends."""
    psycopg2.extensions.set_wait_callback(psycopg2.extras.wait_select)
    try:
        yield
    except OperationalError as error:
        # psycopg2 turns Ctrl-C into a request to the server to cancel the statement.
        if isinstance(error.__cause__, psycopg2.errors.QueryCanceled):
            raise KeyboardInterrupt from error
        raise
    finally:
        psycopg2.extensions.set_wait_callback(None)


def vacuum(*tables: str) -> None:
    """Vacuum the tables, so that their pages are marked all-visible.

    Ctrl-C ends only the vacuum, and a failure is only logged: the rows are already committed.
    """
    try:
        with connection.cursor() as cursor, interruptible():
            cursor.execute(f"VACUUM {', '.join(tables)}")
    except KeyboardInterrupt:
        return
    except Error as error:
        logger.warning("VACUUM %s failed: %s. The rows are stored; counting them is slower.", ", ".join(tables), error)
