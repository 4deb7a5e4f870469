"""Ratings and catalogue as NumPy columns, for training."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from movies.columns import backends

_ID: np.dtype = np.dtype(np.int32)
_RATING: dict[str, np.dtype] = {
    "user_id": _ID,
    "movie_id": _ID,
    "half_stars": np.dtype(np.int8),
    "rated_at": np.dtype(np.int64),
}
_ROWS_PER_CHECK = 1_000_000


@dataclass(frozen=True)
class RatingColumns:
    """Ratings, ordered by user and movie: `user_ids`, `movie_ids`, `rated_at` int64, `half_stars` int8."""

    user_ids: NDArray[np.int64]
    movie_ids: NDArray[np.int64]
    half_stars: NDArray[np.int8]
    rated_at: NDArray[np.int64]


@dataclass(frozen=True)
class CatalogueColumns:
    """Movies ascending by id, with years (0 if unknown), and (movie, genre) and (movie, tag) pairs; all int64."""

    movie_ids: NDArray[np.int64]
    years: NDArray[np.int64]
    genre_movie_ids: NDArray[np.int64]
    genre_ids: NDArray[np.int64]
    tag_movie_ids: NDArray[np.int64]
    tag_ids: NDArray[np.int64]


def ratings() -> RatingColumns:
    """Return all ratings, ordered by user and movie."""
    return in_order(backends.read("movies_rating", _RATING))


def stream_ratings(take: Callable[[backends.Arrays], None]) -> None:
    """Pass all ratings of one snapshot to `take`, in unordered chunks of user, movie, half stars and time."""
    backends.stream("movies_rating", _RATING, take)


def in_order(columns: backends.Arrays) -> RatingColumns:
    """Order the columns user, movie, half stars and time by user and movie.

    Empties the list, so that no column is held in memory twice.
    """
    if not _ascending(columns[0], columns[1]):
        order = np.argsort(_key(columns[0], columns[1]), kind="stable")
        for index, column in enumerate(columns):
            columns[index] = column[order]
    user_ids, movie_ids, half_stars, rated_at = columns
    columns.clear()
    return RatingColumns(user_ids.astype(np.int64), movie_ids.astype(np.int64), half_stars.astype(np.int8), rated_at)


def catalogue() -> CatalogueColumns:
    """Return all movies with years, genres and tags; a (movie, tag) pair occurs once per user who applied the tag."""
    genres = _pairs("movies_movie_genres", "movie_id", "genre_id")
    tags = _pairs("movies_movietag", "movie_id", "tag_id")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, coalesce(year, 0) FROM movies_movie ORDER BY id")
        movies = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 2).T
    return CatalogueColumns(movies[0], movies[1], genres[0], genres[1], tags[0], tags[1])


def of_user(user_id: int) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.int64]]:
    """Return one user's ratings: movie ids ascending, half stars, Unix seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT movie_id, half_stars, rated_at FROM movies_rating WHERE user_id = %s ORDER BY movie_id", [user_id]
        )
        rows = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 3).T
    return rows[0], rows[1].astype(np.int8), rows[2]


def _pairs(table: str, first: str, second: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return two columns of ids, ordered by both."""
    pairs = backends.read(table, {first: _ID, second: _ID})
    key = np.sort(_key(*pairs), kind="stable")
    return key >> 32, key & 0xFFFFFFFF


def _key(first: NDArray[np.signedinteger], second: NDArray[np.signedinteger]) -> NDArray[np.int64]:
    """Pack two ids into one integer that sorts like the pair."""
    return (first.astype(np.int64) << 32) | second


def _ascending(first: NDArray[np.signedinteger], second: NDArray[np.signedinteger]) -> bool:
    """Return whether pairs ascend strictly, as they do after a first load."""
    starts = range(0, len(first), _ROWS_PER_CHECK)
    parts = (slice(start, start + _ROWS_PER_CHECK + 1) for start in starts)
    return all(bool(np.all(np.diff(_key(first[part], second[part])) > 0)) for part in parts)
