"""The database as NumPy columns, for training."""

from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

CHUNK = 100_000


@dataclass(frozen=True)
class RatingColumns:
    """Ratings, ordered by user and movie: `user_ids`, `movie_ids`, `rated_at` int64, `half_stars` int8."""

    user_ids: NDArray[np.int64]
    movie_ids: NDArray[np.int64]
    half_stars: NDArray[np.int8]
    rated_at: NDArray[np.int64]


@dataclass(frozen=True)
class CatalogueColumns:
    """Movies ascending by id, with years (0 where unknown), and pairs of movie and genre, movie and tag."""

    movie_ids: NDArray[np.int64]
    years: NDArray[np.int64]
    genre_movie_ids: NDArray[np.int64]
    genre_ids: NDArray[np.int64]
    tag_movie_ids: NDArray[np.int64]
    tag_ids: NDArray[np.int64]


def ratings() -> RatingColumns:
    """Every rating."""
    rows = _rows("SELECT user_id, movie_id, half_stars, rated_at FROM movies_rating ORDER BY user_id, movie_id", 4)
    return RatingColumns(rows[0], rows[1], rows[2].astype(np.int8), rows[3])


def catalogue() -> CatalogueColumns:
    """Every movie with its year, genres and tags; a pair of movie and tag once for each person who applied it."""
    movies = _rows("SELECT id, coalesce(year, 0) FROM movies_movie ORDER BY id", 2)
    genres = _rows("SELECT movie_id, genre_id FROM movies_movie_genres ORDER BY movie_id, genre_id", 2)
    tags = _rows("SELECT movie_id, tag_id FROM movies_movietag ORDER BY movie_id, tag_id", 2)
    return CatalogueColumns(movies[0], movies[1], genres[0], genres[1], tags[0], tags[1])


def of_user(user_id: int) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """One user's ratings: movie ids ascending, half stars."""
    rows = _rows("SELECT movie_id, half_stars FROM movies_rating WHERE user_id = %s ORDER BY movie_id", 2, user_id)
    return rows[0], rows[1].astype(np.int8)


def _rows(sql: str, width: int, *parameters: int) -> NDArray[np.int64]:
    chunks = []
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while chunk := cursor.fetchmany(CHUNK):
            chunks.append(np.array(chunk, dtype=np.int64).T)
    return np.concatenate(chunks, axis=1) if chunks else np.empty((width, 0), dtype=np.int64)
