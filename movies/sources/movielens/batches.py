"""The large tables of a release as checked column batches, in bounded memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any, NamedTuple, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from movies.sources.movielens import texts
from movies.sources.movielens.archive import File, UnreadableReleaseError
from movies.sources.movielens.rejects import Rejects
from movies.sources.movielens.tables import BOM, Progress, Table, check_header

BLOCK_BYTES = 8 << 20
_RATING = {"user": pl.Int64, "movie": pl.Int64, "stars": pl.Float64, "moment": pl.Int64}
_SCORE = {"movie": pl.Int64, "tag": pl.Int64, "relevance": pl.Float64}

Batch = TypeVar("Batch")
Item = TypeVar("Item")


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
class ScoreBatch:
    """Some scores of the tag genome: `movies`, `tags` (MovieLens ids) int64, `relevances` float64 from 0 to 1,
    and the `lines` of the file that they stand in, int64."""

    movies: NDArray[np.int64]
    tags: NDArray[np.int64]
    relevances: NDArray[np.float64]
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.movies)


def rating_batches(table: Table, file: File, rejects: Rejects, progress: Progress) -> Iterator[RatingBatch]:
    """Ratings, some hundred thousand at a time."""
    until = texts.latest()

    def at_once(block: bytes, first: int) -> RatingBatch | None:
        columns = _columns(block, table, _RATING)
        if columns is None:
            return None
        users, movies, stars, moments = columns
        if not texts.good_ratings(users, movies, stars, moments, until):
            return None
        return RatingBatch(users, movies, (stars * 2).astype(np.int16), moments, _lines(first, users))

    def by_line(block: bytes, first: int) -> RatingBatch:
        def row(cells: Sequence[str]) -> tuple[float, ...]:
            user, movie = texts.identifier(cells[0], "userId"), texts.identifier(cells[1], "movieId")
            return user, movie, texts.half_stars(cells[2]), texts.moment(cells[3], until)

        users, movies, halves, moments, lines = _good_rows(block, first, table, rejects, row).astype(np.int64)
        return RatingBatch(users, movies, halves.astype(np.int16), moments, lines)

    return _batches(table, file, rejects, progress, at_once=at_once, by_line=by_line)


def score_batches(table: Table, file: File, rejects: Rejects, progress: Progress) -> Iterator[ScoreBatch]:
    """Scores of the tag genome, some hundred thousand at a time."""

    def at_once(block: bytes, first: int) -> ScoreBatch | None:
        columns = _columns(block, table, _SCORE)
        if columns is None:
            return None
        movies, tags, relevances = columns
        if not texts.good_scores(movies, tags, relevances):
            return None
        return ScoreBatch(movies, tags, relevances, _lines(first, movies))

    def by_line(block: bytes, first: int) -> ScoreBatch:
        def row(cells: Sequence[str]) -> tuple[float, ...]:
            movie, tag = texts.identifier(cells[0], "movieId"), texts.identifier(cells[1], "tagId")
            return movie, tag, texts.relevance(cells[2])

        movies, tags, relevances, lines = _good_rows(block, first, table, rejects, row)
        return ScoreBatch(movies.astype(np.int64), tags.astype(np.int64), relevances, lines.astype(np.int64))

    return _batches(table, file, rejects, progress, at_once=at_once, by_line=by_line)


def _batches(
    table: Table,
    file: File,
    rejects: Rejects,
    progress: Progress,
    *,
    at_once: Callable[[bytes, int], Batch | None],
    by_line: Callable[[bytes, int], Batch],
) -> Iterator[Batch]:
    """What the parsers make of each block, and of the number of its first line.

    A block of which every line is right is parsed as columns, while the block before it is being used; only one that
    has something wrong in it is read line by line, to say what.
    """
    rows, done = 0, 0
    progress(file.name, 0, file.size, 0)
    with file.open() as stream:
        first = 1
        if table.has_header:
            done += check_header(table, stream)
            first += 1
        for block, batch in _ahead(_parsed(_blocks(stream), first, at_once)):
            found = by_line(block.text, block.first) if batch is None else batch
            rows += block.lines
            done += block.size
            progress(file.name, done, file.size, rows)
            yield found
    progress(file.name, file.size, file.size, rows)
    rejects.check(file.name, rows)


class _Block(NamedTuple):
    """Some lines of a file, the first one's number, how many they are, and how many bytes of the file."""

    text: bytes
    first: int
    lines: int
    size: int


def _parsed(
    blocks: Iterator[bytes], first: int, at_once: Callable[[bytes, int], Batch | None]
) -> Iterator[tuple[_Block, Batch | None]]:
    for block in blocks:
        text = block.removeprefix(BOM) if first == 1 else block
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        yield _Block(text, first, lines, len(block)), at_once(text, first)
        first += lines


def _ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same, each made by another thread while the one before it is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


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


def _columns(block: bytes, table: Table, types: Mapping[str, type[pl.DataType]]) -> list[Any] | None:
    """The block's columns, or None if a line of it is wrong."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    separator = table.delimiter
    if len(separator) > 1:
        if b"\t" in block:
            return None
        block, separator = block.replace(separator.encode(), b"\t"), "\t"
    try:
        frame = pl.read_csv(block, has_header=False, schema=types, separator=separator, quote_char=None)
    except pl.exceptions.PolarsError:
        return None
    if frame.height != block.count(b"\n") + (not block.endswith(b"\n")) or any(frame.null_count().row(0)):
        return None
    return [frame[name].to_numpy() for name in types]


def _lines(first: int, rows: NDArray[np.generic]) -> NDArray[np.int64]:
    return np.arange(first, first + len(rows), dtype=np.int64)


def _good_rows(
    block: bytes, first: int, table: Table, rejects: Rejects, row: Callable[[Sequence[str]], tuple[float, ...]]
) -> NDArray[np.float64]:
    """What `row` makes of each line, and the line's number, as columns; a line that it raises ValueError for is
    refused.  Doubles hold every id, moment and line exactly."""
    good = []
    width = len(table.columns)
    for line, raw in enumerate(block.decode("utf-8", "replace").split("\n"), first):
        text = raw.removesuffix("\r")
        if not text:
            continue
        cells = [cell.strip('"') for cell in text.split(table.delimiter)]
        try:
            if len(cells) != width:
                raise ValueError(f"{len(cells)} columns where there must be {width}")
            good.append((*row(cells), line))
        except ValueError as error:
            rejects.add(table.file, line, str(error))
    return np.array(good, dtype=np.float64).reshape(-1, width + 1).T
