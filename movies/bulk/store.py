"""Interface of a bulk writer, and the SQL and helpers that both databases share."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, Protocol

import numpy as np
from django.db import connection, models
from numpy.typing import NDArray

CHUNK = 50_000

RECOUNT = """
    UPDATE movies_movie SET rating_count = counted.ratings, rating_sum = counted.half_stars
    FROM (
        SELECT movie.id, coalesce(rated.ratings, 0) AS ratings, coalesce(rated.half_stars, 0) AS half_stars
        FROM movies_movie AS movie LEFT JOIN (
            SELECT movie_id, count(*) AS ratings, sum(half_stars) AS half_stars FROM movies_rating GROUP BY movie_id
        ) AS rated ON rated.movie_id = movie.id
    ) AS counted
    WHERE counted.id = movies_movie.id
      AND (movies_movie.rating_count <> counted.ratings OR movies_movie.rating_sum <> counted.half_stars)
"""
SET_ASIDE = """
    CREATE TEMPORARY TABLE ratings_aside AS SELECT * FROM movies_rating
    WHERE user_id IN (SELECT id FROM movies_user WHERE movielens_id IS NULL)
"""
RESET_COUNTERS = "UPDATE movies_movie SET rating_count = 0, rating_sum = 0 WHERE rating_count > 0"
PUT_BACK = """
    INSERT INTO movies_rating (id, user_id, movie_id, half_stars, rated_at)
    SELECT id, user_id, movie_id, half_stars, rated_at FROM ratings_aside
"""


@dataclass(frozen=True)
class Columns:
    """Ratings by primary keys: `users` and `movies` int32, `half_stars` int16, `rated_at` int64 Unix seconds."""

    users: NDArray[np.int32]
    movies: NDArray[np.int32]
    half_stars: NDArray[np.int16]
    rated_at: NDArray[np.int64]


@dataclass
class Written:
    """Numbers of rows that a load added, changed, and left unchanged (including duplicates)."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


class Store(Protocol):
    """Bulk writer of one database. All calls are made inside `loading`, which commits all of them or none."""

    def loading(self) -> AbstractContextManager[None]:
        """Run one transaction around all writes."""

    def insert(self, model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows; a row that already exists is an error.

        Empty values are allowed in nullable fields only, and become nulls.
        """

    def merge(self, model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Insert the rows that do not exist yet by the model's unique constraint; return their number."""

    def write_ratings(self, batches: Iterable[Columns]) -> Written:
        """Write ratings; the latest one by a user of a movie wins, including those already stored."""

    def set_ratings_aside(self) -> None:
        """Empty the ratings table; the ratings of site members are held for `put_ratings_back`."""

    def put_ratings_back(self) -> None:
        """Put the held ratings back beside those written since."""

    def analyse(self) -> None:
        """Refresh the statistics of the query planner."""


def recount() -> None:
    """Recompute every movie's count and sum of ratings."""
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT)


def ascending(batch: Columns, last: int) -> tuple[bool, int]:
    """Return whether (user, movie) pairs ascend strictly after `last`, and the batch's last pair as one integer."""
    keys = batch.users.astype(np.int64) << 32 | batch.movies
    if not len(keys):
        return True, last
    return int(keys[0]) > last and bool((keys[1:] > keys[:-1]).all()), int(keys[-1])


def by_movie(ratings: Columns) -> Columns:
    """Sort ratings like the index by movie and stars, so that inserting them walks that index once."""
    order = np.lexsort((ratings.half_stars, ratings.movies))
    return Columns(*(getattr(ratings, field.name)[order] for field in fields(Columns)))


def chunks(rows: Iterable[Sequence[Any]], size: int = CHUNK) -> Iterator[list[Sequence[Any]]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def table_of(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def columns_of(model: type[models.Model], fields: Sequence[str]) -> str:
    known = {field.name: str(field.column) for field in model._meta.concrete_fields}
    return ", ".join(connection.ops.quote_name(known[name]) for name in fields)
