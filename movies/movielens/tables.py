"""The tables of a release as checked rows and column batches, in bounded memory."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from movies.movielens import texts
from movies.movielens.archive import File, UnreadableReleaseError
from movies.movielens.rejects import Rejects

BLOCK_BYTES = 8 << 20
NO_GENRES = "(no genres listed)"
_BOM = b"\xef\xbb\xbf"

Row = TypeVar("Row")
Progress = Callable[[str, int, int, int], None]
"""Called with a file's name, its bytes read so far, its size, and its rows so far."""


@dataclass(frozen=True)
class MovieRow:
    movielens_id: int
    title: str
    genres: tuple[str, ...]


@dataclass(frozen=True)
class LinkRow:
    movielens_id: int
    imdb_id: int | None
    tmdb_id: int | None


@dataclass(frozen=True)
class TagRow:
    line: int
    user: int
    movie: int
    tag: str
    tagged_at: int


@dataclass(frozen=True)
class RatingBatch:
    """Some ratings: `users`, `movies` (MovieLens ids) int64, `half_stars` int16, `rated_at` int64 Unix seconds,
    and the `lines` of the file that they stand in, int64."""

    users: NDArray[np.int64]
    movies: NDArray[np.int64]
    half_stars: NDArray[np.int16]
    rated_at: NDArray[np.int64]
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class Table:
    """How one file of a release is laid out; without a header its columns are known by place."""

    file: str
    columns: tuple[str, ...]
    delimiter: str = ","
    has_header: bool = True
    encoding: str = "utf-8"


def movie_rows(table: Table, file: File, rejects: Rejects, progress: Progress) -> Iterator[MovieRow]:
    """Movies in the file's order; an id that stands there already is refused."""
    lines: dict[int, int] = {}

    def parse(line: int, cells: Sequence[str]) -> MovieRow:
        movielens_id = texts.identifier(cells[0], "movieId")
        if movielens_id in lines:
            raise ValueError(f"movie {movielens_id} stands in line {lines[movielens_id]} already")
        title = texts.phrase(cells[1], "title", 400)
        names = "" if cells[2] == NO_GENRES else cells[2]
        genres = tuple(dict.fromkeys(texts.phrase(name, "genre", 60) for name in names.split("|") if name))
        lines[movielens_id] = line
        return MovieRow(movielens_id, title, genres)

    return _rows(table, file, rejects, progress, parse)


def link_rows(table: Table, file: File, rejects: Rejects, progress: Progress) -> Iterator[LinkRow]:
    """The movies' numbers at IMDb and TMDB."""

    def parse(line: int, cells: Sequence[str]) -> LinkRow:
        imdb, tmdb = (
            texts.identifier(cell.strip(), name) if cell.strip() else None
            for cell, name in zip(cells[1:], ("imdbId", "tmdbId"), strict=True)
        )
        return LinkRow(texts.identifier(cells[0], "movieId"), imdb, tmdb)

    return _rows(table, file, rejects, progress, parse)


def tag_rows(table: Table, file: File, rejects: Rejects, progress: Progress) -> Iterator[TagRow]:
    """Who put which tag on which movie."""
    until = texts.latest()

    def parse(line: int, cells: Sequence[str]) -> TagRow:
        user, movie = texts.identifier(cells[0], "userId"), texts.identifier(cells[1], "movieId")
        return TagRow(line, user, movie, texts.phrase(cells[2], "tag", 255), texts.moment(cells[3], until))

    return _rows(table, file, rejects, progress, parse)


def rating_batches(table: Table, file: File, rejects: Rejects, progress: Progress) -> Iterator[RatingBatch]:
    """Ratings, some hundred thousand at a time.

    A block of which every line is right is parsed as columns; only one that has something wrong in
    it is read line by line, to say what.
    """
    until = texts.latest()
    rows, done = 0, 0
    progress(file.name, 0, file.size, 0)
    with file.open() as stream:
        first = 1
        if table.has_header:
            done += _check_header(table, stream)
            first += 1
        for block in _blocks(stream):
            count = block.count(b"\n") + (not block.endswith(b"\n"))
            batch = _parsed_at_once(block, first, table.delimiter, until)
            if batch is None:
                batch = _parsed_by_line(block, first, table, rejects, until)
            first += count
            rows += count
            done += len(block)
            progress(file.name, done, file.size, rows)
            yield batch
    progress(file.name, file.size, file.size, rows)
    rejects.check(file.name, rows)


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The stream's bytes in blocks that end where a line ends."""
    rest = b""
    while block := stream.read(BLOCK_BYTES):
        end = block.rfind(b"\n") + 1
        if end:
            yield rest + block[:end]
            rest = block[end:]
        else:
            rest += block
        if len(rest) > BLOCK_BYTES:
            raise UnreadableReleaseError("A line is longer than any line of a release.")
    if rest:
        yield rest


def _check_header(table: Table, stream: IO[bytes]) -> int:
    line = stream.readline(BLOCK_BYTES)
    found = tuple(line.removeprefix(_BOM).decode(table.encoding, "replace").strip().split(table.delimiter))
    if tuple(name.strip().strip('"') for name in found) != table.columns:
        raise UnreadableReleaseError(
            f"{table.file} begins with “{table.delimiter.join(found)[:100]}”; "
            f"its columns must be {table.delimiter.join(table.columns)}."
        )
    return len(line)


def _parsed_at_once(block: bytes, first: int, delimiter: str, until: int) -> RatingBatch | None:
    """The block as columns, or None if a line of it is wrong."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    types = {"user": pl.Int64, "movie": pl.Int64, "stars": pl.Float64, "moment": pl.Int64}
    try:
        frame = pl.read_csv(block, has_header=False, schema=types, separator=delimiter, quote_char=None)
    except pl.exceptions.PolarsError:
        return None
    if frame.height != block.count(b"\n") + (not block.endswith(b"\n")) or any(frame.null_count().row(0)):
        return None
    users, movies, stars, moments = (frame[name].to_numpy() for name in types)
    if not texts.good_ratings(users, movies, stars, moments, until):
        return None
    lines = np.arange(first, first + len(users), dtype=np.int64)
    return RatingBatch(users, movies, (stars * 2).astype(np.int16), moments, lines)


def _parsed_by_line(block: bytes, first: int, table: Table, rejects: Rejects, until: int) -> RatingBatch:
    good = []
    for line, raw in enumerate(block.decode("utf-8", "replace").split("\n"), first):
        text = raw.removesuffix("\r")
        if not text:
            continue
        cells = [cell.strip('"') for cell in text.split(table.delimiter)]
        try:
            if len(cells) != 4:
                raise ValueError(f"{len(cells)} columns where there must be 4")
            user, movie = texts.identifier(cells[0], "userId"), texts.identifier(cells[1], "movieId")
            good.append((user, movie, texts.half_stars(cells[2]), texts.moment(cells[3], until), line))
        except ValueError as error:
            rejects.add(table.file, line, str(error))
    columns = np.array(good, dtype=np.int64).reshape(-1, 5).T
    return RatingBatch(columns[0], columns[1], columns[2].astype(np.int16), columns[3], columns[4])


def _rows(
    table: Table,
    file: File,
    rejects: Rejects,
    progress: Progress,
    parse: Callable[[int, Sequence[str]], Row],
) -> Iterator[Row]:
    """What `parse` makes of each row; a row that it raises `ValueError` for is refused."""
    rows = 0
    progress(file.name, 0, file.size, 0)
    with file.open() as stream:
        if table.has_header:
            _check_header(table, stream)
        for line, span, cells in _cells(table, stream, rejects):
            rows += span
            if rows % 100_000 < span:
                progress(file.name, min(stream.tell(), file.size), file.size, rows)
            try:
                if len(cells) != len(table.columns):
                    raise ValueError(f"{len(cells)} columns where there must be {len(table.columns)}")
                row = parse(line, cells)
            except ValueError as error:
                rejects.add(file.name, line, str(error), lines=span)
            else:
                yield row
    progress(file.name, file.size, file.size, rows)
    rejects.check(file.name, rows)


def _cells(table: Table, stream: IO[bytes], rejects: Rejects) -> Iterator[tuple[int, int, list[str]]]:
    """First line, number of lines and cells of each row; lines that hold nothing are passed over."""
    text = io.TextIOWrapper(stream, table.encoding, "surrogateescape", newline="")
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
    text.detach()
