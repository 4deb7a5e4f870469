"""Movies, links, tags, people and genome tags of a release as validated rows, in bounded memory."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import IO, NamedTuple, TypeVar

from movies.sources.movielens import texts
from movies.sources.movielens.archive import File, UnreadableReleaseError
from movies.sources.movielens.rejects import Rejects

LONGEST_LINE = 8 << 20
NO_GENRES = "(no genres listed)"
CHUNK_BYTES = 1 << 20
LATIN_1 = "latin-1"
BOM = b"\xef\xbb\xbf"

Row = TypeVar("Row")
Progress = Callable[[str, int, int, int], None]
"""Called with a file's name, bytes read so far, size in bytes, and rows read so far."""


class MovieRow(NamedTuple):
    movielens_id: int
    title: str
    genres: tuple[str, ...]


class LinkRow(NamedTuple):
    movielens_id: int
    imdb_id: int | None
    tmdb_id: int | None


class TagRow(NamedTuple):
    line: int
    user: int
    movie: int
    tag: str
    tagged_at: int


class PersonRow(NamedTuple):
    """Demographics of a user, in the oldest releases only; `age` may be the lower bound of an age group."""

    movielens_id: int
    gender: str
    age: int
    occupation: str


@dataclass(frozen=True)
class Table:
    """Layout of one file of a release; without a header, columns are identified by position.

    Cells are quoted as in CSV, or not at all. `arranged` converts the cells of a row to the standard columns. A file in
    `latin-1` may also be a copy in UTF-8.
    """

    file: str
    columns: tuple[str, ...]
    delimiter: str = ","
    has_header: bool = True
    encoding: str = "utf-8"
    quoted: bool = True
    arranged: Callable[[Sequence[str]], Sequence[str]] | None = None


def movie_rows(table: Table, file: File, rejects: Rejects, progress: Progress) -> Iterator[MovieRow]:
    """Yield movies in the order of the file; a repeated id is rejected."""
    lines: dict[int, int] = {}

    def parse(line: int, cells: Sequence[str]) -> MovieRow:
        movielens_id = texts.identifier(cells[0], "movieId")
        if movielens_id in lines:
            raise ValueError(f"movie {movielens_id} is a duplicate of line {lines[movielens_id]}")
        row = MovieRow(movielens_id, texts.phrase(cells[1], "title", 400), genres(cells[2]))
        lines[movielens_id] = line
        return row

    @cache
    def genres(cell: str) -> tuple[str, ...]:
        names = "" if cell == NO_GENRES else cell
        return tuple(dict.fromkeys(texts.phrase(name, "genre", 60) for name in names.split("|") if name))

    return _rows(table, file, rejects, progress, parse)


def link_rows(table: Table, file: File, rejects: Rejects, progress: Progress) -> Iterator[LinkRow]:
    """Yield the IMDb and TMDB ids of movies."""

    def parse(line: int, cells: Sequence[str]) -> LinkRow:
        imdb, tmdb = (
            texts.identifier(cell.strip(), name) if cell.strip() else None
            for cell, name in zip(cells[1:], ("imdbId", "tmdbId"), strict=True)
        )
        return LinkRow(texts.identifier(cells[0], "movieId"), imdb, tmdb)

    return _rows(table, file, rejects, progress, parse)


def person_rows(table: Table, file: File, rejects: Rejects, progress: Progress) -> Iterator[PersonRow]:
    """Yield the demographics of users."""

    def parse(line: int, cells: Sequence[str]) -> PersonRow:
        if cells[1] not in ("F", "M"):
            raise ValueError(f"gender “{cells[1][:40]}” is neither F nor M")
        age = texts.identifier(cells[2], "age")
        return PersonRow(
            texts.identifier(cells[0], "userId"), cells[1], min(age, 120), texts.phrase(cells[3], "occupation", 60)
        )

    return _rows(table, file, rejects, progress, parse)


def genome_tag_rows(table: Table, file: File, rejects: Rejects, progress: Progress) -> Iterator[tuple[int, str]]:
    """Yield the ids and names of the genome's tags."""

    def parse(line: int, cells: Sequence[str]) -> tuple[int, str]:
        return texts.identifier(cells[0], "tagId"), texts.phrase(cells[1], "tag", 255)

    return _rows(table, file, rejects, progress, parse)


def tag_rows(table: Table, file: File, rejects: Rejects, progress: Progress) -> Iterator[TagRow]:
    """Yield the tags that users applied to movies."""
    latest = texts.latest_timestamp()

    def parse(line: int, cells: Sequence[str]) -> TagRow:
        user, movie = texts.identifier(cells[0], "userId"), texts.identifier(cells[1], "movieId")
        return TagRow(line, user, movie, texts.phrase(cells[2], "tag", 255), texts.timestamp(cells[3], latest))

    return _rows(table, file, rejects, progress, parse)


def check_header(table: Table, stream: IO[bytes]) -> int:
    """Read and check the header line; return its length in bytes."""
    line = stream.readline(LONGEST_LINE)
    header = tuple(line.removeprefix(BOM).decode(table.encoding, "replace").strip().split(table.delimiter))
    if tuple(name.strip().strip('"') for name in header) != table.columns:
        raise UnreadableReleaseError(
            f"{table.file} starts with “{table.delimiter.join(header)[:100]}”; "
            f"its columns must be {table.delimiter.join(table.columns)}."
        )
    return len(line)


def _rows(
    table: Table,
    file: File,
    rejects: Rejects,
    progress: Progress,
    parse: Callable[[int, Sequence[str]], Row],
) -> Iterator[Row]:
    """Yield the parsed rows; a row for which `parse` raises `ValueError` is rejected."""
    rows = 0
    progress(file.name, 0, file.size, 0)
    encoding = _encoding(table, file)
    with file.open() as stream:
        if table.has_header:
            check_header(table, stream)
        for line, span, cells in _cells(table, stream, encoding, rejects):
            rows += span
            if rows % 100_000 < span:
                progress(file.name, min(stream.tell(), file.size), file.size, rows)
            try:
                if len(cells) != len(table.columns):
                    raise ValueError(f"{len(cells)} columns instead of {len(table.columns)}")
                row = parse(line, table.arranged(cells) if table.arranged else cells)
            except ValueError as error:
                rejects.add(file.name, line, str(error), lines=span)
            else:
                yield row
    progress(file.name, file.size, file.size, rows)
    rejects.check(file.name, rows)


def _encoding(table: Table, file: File) -> str:
    """Return the encoding of a file.

    The oldest releases are in Latin-1, but copies of them are often converted. Text that is not ASCII and still decodes
    as UTF-8 is UTF-8: no title in Latin-1 consists of such pairs of characters only.
    """
    if table.encoding != LATIN_1:
        return table.encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open() as stream:
        try:
            while chunk := stream.read(CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return LATIN_1
    return "utf-8"


def _cells(table: Table, stream: IO[bytes], encoding: str, rejects: Rejects) -> Iterator[tuple[int, int, list[str]]]:
    """Yield first line, number of lines and cells of each row; empty lines are skipped."""
    text = io.TextIOWrapper(stream, encoding, "surrogateescape", newline="")
    yield from _quoted(table, text, rejects) if table.quoted else _plain(table, text)
    text.detach()


def _plain(table: Table, text: IO[str]) -> Iterator[tuple[int, int, list[str]]]:
    number = 2 if table.has_header else 1
    while raw := text.readline(LONGEST_LINE):
        if not raw.endswith("\n") and len(raw) == LONGEST_LINE:
            raise UnreadableReleaseError(
                f"A line is longer than {LONGEST_LINE:,} characters; no release has such lines."
            )
        line = raw.rstrip("\r\n").removeprefix("\ufeff" if number == 1 else "")
        if line:
            yield number, 1, line.split(table.delimiter)
        number += 1


def _quoted(table: Table, text: IO[str], rejects: Rejects) -> Iterator[tuple[int, int, list[str]]]:
    reader = csv.reader(text, delimiter=table.delimiter)
    before = 1 if table.has_header else 0
    offset = before
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            rejects.add(table.file, before + 1, str(error), lines=reader.line_num + offset - before)
            before = reader.line_num + offset
            continue
        if cells is None:
            break
        line, before = before + 1, reader.line_num + offset
        if cells:
            yield line, before - line + 1, cells
