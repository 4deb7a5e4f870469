"""What PostgreSQL builds, checks and counts for many ratings at once, after they have been written."""

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
"""What ratings after an id are of, in one walk through them: by user, without a movie, and by movie, without a user."""
STRAY = """
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
def built_afterwards(cursor: Any, table: str) -> Iterator[None]:
    """Without the table's keys, indexes and triggers while it is filled; they are built when it is full."""
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
    with _constraints_afterwards(cursor, table, "puf"):
        yield
    with interruptible():
        for _, definition in indexes:
            cursor.execute(definition)
    cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@contextmanager
def checked_afterwards(cursor: Any, *, many: bool) -> Iterator[None]:
    """Without triggers while ratings are added; they are counted and checked when all are there.

    Until the end of the transaction nobody else writes ratings or what they refer to.  Where the role may not leave
    foreign keys to us, they are dropped and built anew for many ratings, so that nobody reads either, and checked one
    by one for fewer.
    """
    cursor.execute("LOCK movies_rating, movies_movie, movies_user IN SHARE ROW EXCLUSIVE MODE")
    cursor.execute("SELECT max(id) FROM movies_rating")
    (last,) = cursor.fetchone()
    if _left_to_us(cursor):
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
    else:
        cursor.execute("ALTER TABLE movies_rating DISABLE TRIGGER USER")
        with _constraints_afterwards(cursor, "movies_rating", "f") if many else nullcontext():
            yield
        cursor.execute("ALTER TABLE movies_rating ENABLE TRIGGER USER")
    with interruptible():
        cursor.execute(SUM_UP, [last])
        cursor.execute("ANALYZE added")
        cursor.execute(STRAY)
        if stray := cursor.fetchone():
            raise IntegrityError("{} {} of a rating is not there".format(*stray))
        cursor.execute(COUNT)
        cursor.execute("DROP TABLE added")


def _left_to_us(cursor: Any) -> bool:
    """Leave triggers and the checks of foreign keys to us from here on, if the role may: superusers may."""
    try:
        with transaction.atomic():
            cursor.execute("SET LOCAL session_replication_role = replica")
    except ProgrammingError as error:
        if isinstance(error.__cause__, psycopg2.errors.InsufficientPrivilege):
            return False
        raise
    return True


@contextmanager
def _constraints_afterwards(cursor: Any, table: str, kinds: str) -> Iterator[None]:
    """Without the table's constraints of some kinds (p, u, f) while it is written to, keys before foreign keys."""
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
    """Let Ctrl-C reach statements that take long: by default it waits until they end."""
    psycopg2.extensions.set_wait_callback(psycopg2.extras.wait_select)
    try:
        yield
    except OperationalError as error:
        # psycopg2 makes of Ctrl-C a request to the server to cancel the statement.
        if isinstance(error.__cause__, psycopg2.errors.QueryCanceled):
            raise KeyboardInterrupt from error
        raise
    finally:
        psycopg2.extensions.set_wait_callback(None)


def vacuum(*tables: str) -> None:
    """Mark pages that everybody may see.  Ctrl-C ends only that, and a failure is no more than told."""
    try:
        with connection.cursor() as cursor, interruptible():
            cursor.execute(f"VACUUM {', '.join(tables)}")
    except KeyboardInterrupt:
        return
    except Error as error:
        logger.warning("VACUUM %s: %s; the rows are stored, but counting them takes longer", ", ".join(tables), error)
