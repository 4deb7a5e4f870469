"""Which release a folder or zip holds, told from the files inside, and its tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from movies.movielens import tables
from movies.movielens.archive import File, UnreadableReleaseError, opened
from movies.movielens.rejects import Rejects
from movies.movielens.tables import LinkRow, MovieRow, Progress, RatingBatch, Table, TagRow


@dataclass(frozen=True)
class Layout:
    """The files of one family of releases; all but movies and ratings may be missing."""

    name: str
    movies: Table
    ratings: Table
    links: Table | None = None
    tags: Table | None = None

    @property
    def files(self) -> set[str]:
        return {table.file for table in (self.movies, self.ratings, self.links, self.tags) if table}


CSV = Layout(
    "CSV",
    movies=Table("movies.csv", ("movieId", "title", "genres")),
    ratings=Table("ratings.csv", ("userId", "movieId", "rating", "timestamp")),
    links=Table("links.csv", ("movieId", "imdbId", "tmdbId")),
    tags=Table("tags.csv", ("userId", "movieId", "tag", "timestamp")),
)
LAYOUTS = (CSV,)


@dataclass(frozen=True)
class Release:
    """An opened release.  Rows that are refused go to `rejects`, and `progress` hears of every step."""

    layout: Layout
    files: dict[str, File]
    rejects: Rejects
    progress: Progress

    def movies(self) -> Iterator[MovieRow]:
        table = self.layout.movies
        return tables.movie_rows(table, self.files[table.file], self.rejects, self.progress)

    def ratings(self) -> Iterator[RatingBatch]:
        table = self.layout.ratings
        return tables.rating_batches(table, self.files[table.file], self.rejects, self.progress)

    def links(self) -> Iterator[LinkRow]:
        table = self.layout.links
        if table and table.file in self.files:
            yield from tables.link_rows(table, self.files[table.file], self.rejects, self.progress)

    def tags(self) -> Iterator[TagRow]:
        table = self.layout.tags
        if table and table.file in self.files:
            yield from tables.tag_rows(table, self.files[table.file], self.rejects, self.progress)


@contextmanager
def opened_release(path: Path, rejects: Rejects, progress: Progress) -> Iterator[Release]:
    """The release at `path`; `UnreadableReleaseError` if there is none."""
    names = set().union(*(layout.files for layout in LAYOUTS))
    with opened(path, names) as files:
        for layout in LAYOUTS:
            if layout.movies.file in files and layout.ratings.file in files:
                yield Release(layout, files, rejects, progress)
                return
        wanted = " or ".join(f"{layout.movies.file} with {layout.ratings.file}" for layout in LAYOUTS)
        raise UnreadableReleaseError(f"{path} holds no MovieLens release: there is no {wanted} in it.")
