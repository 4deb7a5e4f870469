"""The use case of `manage.py export_ratings`: people's ratings as a release that `load_movielens` reads again.

People and movies of MovieLens keep their MovieLens ids.  Others get numbers above all of those, in the order of our own
ids.  Texts are written as they are, also where a spreadsheet would take them for a formula: the files are for programs.
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
    """Whose ratings are exported."""

    ALL = "all"
    MOVIELENS = "movielens"
    SITE = "site"


@dataclass(frozen=True)
class Exported:
    """How many rows each file got."""

    ratings: int
    movies: int
    tags: int


def export(folder: Path, people: People) -> Exported:
    """Write a folder of CSV files, all of it or nothing.

    Raises `FileExistsError` if something is there already.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists; name a folder that does not.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    users = _users(people)
    movies = _Numbers(Movie.objects.order_by("pk").values_list("pk", "movielens_id"))
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
        made = Path(name) / folder.name
        made.mkdir()
        exported = Exported(
            _write_ratings(made, users, movies), _write_movies(made, movies), _write_tags(made, users, movies)
        )
        made.rename(folder)
    return exported


class _Numbers:
    """The number that a row has in the files, by our own id."""

    def __init__(self, pairs: Iterable[tuple[int, int | None]]) -> None:
        found = np.array([(pk, number or 0) for pk, number in pairs], dtype=np.int64).reshape(-1, 2)
        self.ours, self.theirs = found[:, 0], found[:, 1]
        without = self.theirs == 0
        self.theirs[without] = self.theirs.max(initial=0) + 1 + np.arange(np.count_nonzero(without))

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers, and 0 where a row is not among those that are exported."""
        if not len(self.ours):
            return np.zeros(len(ids), dtype=np.int64)
        places = np.minimum(np.searchsorted(self.ours, ids), len(self.ours) - 1)
        return np.where(self.ours[places] == ids, self.theirs[places], 0)

    def find_one(self, pk: int) -> int:
        return int(self.find(np.array([pk]))[0])


def _users(people: People) -> _Numbers:
    every = User.objects.order_by("pk").values_list("pk", "movielens_id")
    numbers = _Numbers(every)
    if people != People.ALL:
        of_movielens = np.isin(
            numbers.ours, list(every.filter(movielens_id__isnull=False).values_list("pk", flat=True))
        )
        kept = of_movielens if people == People.MOVIELENS else ~of_movielens
        numbers.ours, numbers.theirs = numbers.ours[kept], numbers.theirs[kept]
    return numbers


def _write_ratings(folder: Path, users: _Numbers, movies: _Numbers) -> int:
    rated = columns.ratings()
    rows = 0
    with _opened(folder, CSV.ratings) as file:
        for at in range(0, len(rated.user_ids), RATINGS_PER_WRITE):
            part = slice(at, at + RATINGS_PER_WRITE)
            numbers = users.find(rated.user_ids[part])
            frame = pl.DataFrame(
                {
                    "user": numbers,
                    "movie": movies.find(rated.movie_ids[part]),
                    "stars": rated.half_stars[part] / 2,
                    "moment": rated.rated_at[part],
                }
            ).filter(pl.Series(numbers > 0))
            file.write(frame.write_csv(include_header=False, float_precision=1))
            rows += frame.height
    return rows


def _write_movies(folder: Path, movies: _Numbers) -> int:
    rows = 0
    every = Movie.objects.order_by("pk").prefetch_related("genres")
    with (
        _opened(folder, CSV.movies) as file,
        _opened(folder, Table("links.csv", ("movieId", "imdbId", "tmdbId"))) as links,
    ):
        titles, numbers = csv.writer(file, lineterminator="\n"), csv.writer(links, lineterminator="\n")
        for movie in every.iterator(chunk_size=2000):
            pk = movies.find_one(movie.pk)
            genres = "|".join(genre.name for genre in movie.genres.all()) or NO_GENRES
            titles.writerow((pk, unparse_title(movie.title, movie.alternative_title, movie.year), genres))
            if movie.imdb_id or movie.tmdb_id:
                numbers.writerow((pk, f"{movie.imdb_id:07}" if movie.imdb_id else "", movie.tmdb_id or ""))
            rows += 1
    return rows


def _write_tags(folder: Path, users: _Numbers, movies: _Numbers) -> int:
    rows = 0
    every = MovieTag.objects.order_by("user_id", "movie_id", "tag_id")
    with _opened(folder, Table("tags.csv", ("userId", "movieId", "tag", "timestamp"))) as file:
        writer = csv.writer(file, lineterminator="\n")
        for user, movie, name, at in every.values_list("user_id", "movie_id", "tag__name", "tagged_at").iterator():
            if number := users.find_one(user):
                writer.writerow((number, movies.find_one(movie), name, int(at.timestamp())))
                rows += 1
    return rows


@contextmanager
def _opened(folder: Path, table: Table) -> Iterator[IO[str]]:
    with (folder / table.file).open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(table.columns) + "\n")
        yield file
