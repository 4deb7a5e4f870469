"""Use case of `manage.py export_ratings`: export ratings as a release that `load_movielens` reads.

Users and movies of MovieLens keep their MovieLens ids; all others get higher ids, in the order of their primary keys.
Texts are written unescaped, even if a spreadsheet would evaluate them as formulas: the files are for programs.
"""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from movies import columns
from movies.models import Movie, MovieTag, User
from movies.sources.movielens.layouts import CSV
from movies.sources.movielens.tables import NO_GENRES, Table
from movies.titles import unparse_title

RATINGS_PER_WRITE = 1_000_000


class People(StrEnum):
    """The users whose ratings are exported."""

    ALL = "all"
    MOVIELENS = "movielens"
    SITE = "site"


@dataclass(frozen=True)
class Exported:
    """Numbers of rows written, by file."""

    ratings: int
    movies: int
    tags: int


def export(folder: Path, people: People) -> Exported:
    """Write a folder of CSV files atomically.

    Raises `FileExistsError` if the folder exists.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists. Name a new folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    users = _users(people)
    movies = _ExportIds(Movie.objects.order_by("pk").values_list("pk", "movielens_id"))
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
        temporary = Path(name) / folder.name
        temporary.mkdir()
        exported = Exported(
            ratings=_write_ratings(temporary, users, movies),
            movies=_write_movies(temporary, movies),
            tags=_write_tags(temporary, users, movies),
        )
        temporary.rename(folder)
    return exported


class _ExportIds:
    """Ids of rows in the exported files, by primary key."""

    def __init__(self, pairs: Iterable[tuple[int, int | None]]) -> None:
        table = np.array([(pk, movielens_id or 0) for pk, movielens_id in pairs], dtype=np.int64).reshape(-1, 2)
        self.primary_keys, self.export_ids = table[:, 0], table[:, 1]
        missing = self.export_ids == 0
        self.export_ids[missing] = self.export_ids.max(initial=0) + 1 + np.arange(np.count_nonzero(missing))

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the export ids, 0 for rows that are not exported."""
        if not len(self.primary_keys):
            return np.zeros(len(ids), dtype=np.int64)
        positions = np.minimum(np.searchsorted(self.primary_keys, ids), len(self.primary_keys) - 1)
        return np.where(self.primary_keys[positions] == ids, self.export_ids[positions], 0)

    def find_one(self, pk: int) -> int:
        return int(self.find(np.array([pk]))[0])


def _users(people: People) -> _ExportIds:
    all_users = User.objects.order_by("pk").values_list("pk", "movielens_id")
    ids = _ExportIds(all_users)
    if people != People.ALL:
        movielens_users = list(all_users.filter(movielens_id__isnull=False).values_list("pk", flat=True))
        is_movielens = np.isin(ids.primary_keys, movielens_users)
        kept = is_movielens if people == People.MOVIELENS else ~is_movielens
        ids.primary_keys, ids.export_ids = ids.primary_keys[kept], ids.export_ids[kept]
    return ids


def _write_ratings(folder: Path, users: _ExportIds, movies: _ExportIds) -> int:
    ratings = columns.ratings()
    rows = 0
    with _create(folder, CSV.ratings) as file:
        for start in range(0, len(ratings.user_ids), RATINGS_PER_WRITE):
            part = slice(start, start + RATINGS_PER_WRITE)
            user_ids = users.find(ratings.user_ids[part])
            frame = pl.DataFrame(
                {
                    "user": user_ids,
                    "movie": movies.find(ratings.movie_ids[part]),
                    "stars": ratings.half_stars[part] / 2,
                    "timestamp": ratings.rated_at[part],
                }
            ).filter(pl.Series(user_ids > 0))
            file.write(frame.write_csv(include_header=False, float_precision=1))
            rows += frame.height
    return rows


def _write_movies(folder: Path, movies: _ExportIds) -> int:
    rows = 0
    all_movies = Movie.objects.order_by("pk").prefetch_related("genres")
    with (
        _create(folder, CSV.movies) as movies_file,
        _create(folder, Table("links.csv", ("movieId", "imdbId", "tmdbId"))) as links_file,
    ):
        titles, links = csv.writer(movies_file, lineterminator="\n"), csv.writer(links_file, lineterminator="\n")
        for movie in all_movies.iterator(chunk_size=2000):
            movie_id = movies.find_one(movie.pk)
            genres = "|".join(genre.name for genre in movie.genres.all()) or NO_GENRES
            titles.writerow((movie_id, unparse_title(movie.title, movie.alternative_title, movie.year), genres))
            if movie.imdb_id or movie.tmdb_id:
                links.writerow((movie_id, f"{movie.imdb_id:07}" if movie.imdb_id else "", movie.tmdb_id or ""))
            rows += 1
    return rows


def _write_tags(folder: Path, users: _ExportIds, movies: _ExportIds) -> int:
    rows = 0
    applied = MovieTag.objects.order_by("user_id", "movie_id", "tag_id")
    fields = ("user_id", "movie_id", "tag__name", "tagged_at")
    with _create(folder, Table("tags.csv", ("userId", "movieId", "tag", "timestamp"))) as file:
        writer = csv.writer(file, lineterminator="\n")
        for user, movie, tag, tagged_at in applied.values_list(*fields).iterator():
            if user_id := users.find_one(user):
                writer.writerow((user_id, movies.find_one(movie), tag, int(tagged_at.timestamp())))
                rows += 1
    return rows


@contextmanager
def _create(folder: Path, table: Table) -> Iterator[IO[str]]:
    with (folder / table.file).open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(table.columns) + "\n")
        yield file
