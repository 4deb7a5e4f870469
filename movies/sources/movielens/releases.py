"""A MovieLens release, recognised by its files, and its tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from movies.sources.movielens import batches, tables
from movies.sources.movielens.archive import File, UnreadableReleaseError, open_archive
from movies.sources.movielens.batches import RatingBatch, ScoreBatch
from movies.sources.movielens.layouts import LAYOUTS, Layout
from movies.sources.movielens.rejects import Rejects
from movies.sources.movielens.tables import LinkRow, MovieRow, PersonRow, Progress, Table, TagRow


@dataclass(frozen=True)
class Release:
    """An open release, named after its folder or zip.

    Bad rows go to `rejects`; `progress` is called while files are read.
    """

    name: str
    layout: Layout
    files: dict[str, File]
    rejects: Rejects
    progress: Progress

    def has(self, table: Table | None) -> bool:
        return table is not None and table.file in self.files

    def movies(self) -> Iterator[MovieRow]:
        return tables.movie_rows(*self._source(self.layout.movies))

    def ratings(self) -> Iterator[RatingBatch]:
        return batches.rating_batches(*self._source(self.layout.ratings))

    def links(self) -> Iterator[LinkRow]:
        if self.layout.links and self.has(self.layout.links):
            yield from tables.link_rows(*self._source(self.layout.links))

    def tags(self) -> Iterator[TagRow]:
        if self.layout.tags and self.has(self.layout.tags):
            yield from tables.tag_rows(*self._source(self.layout.tags))

    def people(self) -> Iterator[PersonRow]:
        if self.layout.people and self.has(self.layout.people):
            yield from tables.person_rows(*self._source(self.layout.people))

    def genome_tags(self) -> Iterator[tuple[int, str]]:
        if self.layout.genome_tags and self.has(self.layout.genome_tags):
            yield from tables.genome_tag_rows(*self._source(self.layout.genome_tags))

    def genome_scores(self) -> Iterator[ScoreBatch]:
        if self.layout.genome_scores and self.has(self.layout.genome_scores):
            yield from batches.score_batches(*self._source(self.layout.genome_scores))

    def _source(self, table: Table) -> tuple[Table, File, Rejects, Progress]:
        return table, self.files[table.file], self.rejects, self.progress


@contextmanager
def open_release(path: Path, rejects: Rejects, progress: Progress) -> Iterator[Release]:
    """Open the release in a folder or zip; raise `UnreadableReleaseError` if there is none."""
    names = set().union(*(layout.files for layout in LAYOUTS))
    with open_archive(path, names) as files:
        for layout in LAYOUTS:
            if layout.required_files <= files.keys():
                yield Release(path.resolve().name, layout, files, rejects, progress)
                return
        expected = " or ".join(f"{layout.movies.file} with {layout.ratings.file}" for layout in LAYOUTS)
        raise UnreadableReleaseError(f"{path} is not a MovieLens release: it must contain {expected}.")
