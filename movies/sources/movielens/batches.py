"""Ratings and genome scores of a release as validated column batches, in bounded memory."""

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
_RATING = {"user": pl.Int64, "movie": pl.Int64, "stars": pl.Float64, "timestamp": pl.Int64}
_SCORE = {"movie": pl.Int64, "tag": pl.Int64, "relevance": pl.Float64}

Batch = TypeVar("Batch")
Item = TypeVar("Item")


@dataclass(frozen=True)
class RatingBatch:
    """Ratings as columns, with their line numbers in the file.

    `users` and `movies` (MovieLens ids), `rated_at` (Unix seconds) and `lines` are int64, `half_stars` int16.
    """

    users: NDArray[np.int64]
    movies: NDArray[np.int64]
    half_stars: NDArray[np.int16]
    rated_at: NDArray[np.int64]
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class ScoreBatch:
    """Genome scores as columns, with their line numbers in the file.

    `movies` and `tags` (MovieLens ids) and `lines` are int64, `relevances` float64 from 0 to 1.
    """

    movies: NDArray[np.int64]
    tags: NDArray[np.int64]
    relevances: NDArray[np.float64]
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.movies)


def rating_batches(table: Table, file: File, rejects: Rejects, progress: Progress) -> Iterator[RatingBatch]:
    """Yield ratings, some hundred thousand at a time."""
    latest = texts.latest_timestamp()

    def parse_block(block: bytes, first_line: int) -> RatingBatch | None:
        columns = _columns(block, table, _RATING)
        if columns is None:
            return None
        users, movies, stars, timestamps = columns
        if not texts.are_valid_ratings(users, movies, stars, timestamps, latest):
            return None
        return RatingBatch(users, movies, (stars * 2).astype(np.int16), timestamps, _lines(first_line, users))

    def parse_lines(block: bytes, first_line: int) -> RatingBatch:
        def parse(cells: Sequence[str]) -> tuple[float, ...]:
            user, movie = texts.identifier(cells[0], "userId"), texts.identifier(cells[1], "movieId")
            return user, movie, texts.half_stars(cells[2]), texts.timestamp(cells[3], latest)

        rows = _valid_rows(block, first_line, table, rejects, parse)
        users, movies, half_stars, timestamps, lines = rows.astype(np.int64)
        return RatingBatch(users, movies, half_stars.astype(np.int16), timestamps, lines)

    return _batches(table, file, rejects, progress, parse_block=parse_block, parse_lines=parse_lines)


def score_batches(table: Table, file: File, rejects: Rejects, progress: Progress) -> Iterator[ScoreBatch]:
    """Yield scores of the tag genome, some hundred thousand at a time."""

    def parse_block(block: bytes, first_line: int) -> ScoreBatch | None:
        columns = _columns(block, table, _SCORE)
        if columns is None:
            return None
        movies, tags, relevances = columns
        if not texts.are_valid_scores(movies, tags, relevances):
            return None
        return ScoreBatch(movies, tags, relevances, _lines(first_line, movies))

    def parse_lines(block: bytes, first_line: int) -> ScoreBatch:
        def parse(cells: Sequence[str]) -> tuple[float, ...]:
            movie, tag = texts.identifier(cells[0], "movieId"), texts.identifier(cells[1], "tagId")
            return movie, tag, texts.relevance(cells[2])

        movies, tags, relevances, lines = _valid_rows(block, first_line, table, rejects, parse)
        return ScoreBatch(movies.astype(np.int64), tags.astype(np.int64), relevances, lines.astype(np.int64))

    return _batches(table, file, rejects, progress, parse_block=parse_block, parse_lines=parse_lines)


def _batches(
    table: Table,
    file: File,
    rejects: Rejects,
    progress: Progress,
    *,
    parse_block: Callable[[bytes, int], Batch | None],
    parse_lines: Callable[[bytes, int], Batch],
) -> Iterator[Batch]:
    """Yield the parsed blocks of a file; the parsers get a block's text and the number of its first line.

    Valid blocks are parsed as columns, while the previous block is processed. A block with an error is parsed again
    line by line, to reject the bad lines with a reason.
    """
    rows, done = 0, 0
    progress(file.name, 0, file.size, 0)
    with file.open() as stream:
        first_line = 1
        if table.has_header:
            done += check_header(table, stream)
            first_line += 1
        for block, batch in _prefetched(_parsed(_blocks(stream), first_line, parse_block)):
            valid = parse_lines(block.text, block.first_line) if batch is None else batch
            rows += block.lines
            done += block.size
            progress(file.name, done, file.size, rows)
            yield valid
    progress(file.name, file.size, file.size, rows)
    rejects.check(file.name, rows)


class _Block(NamedTuple):
    """Consecutive lines of a file: text, number of the first line, number of lines, and size in bytes."""

    text: bytes
    first_line: int
    lines: int
    size: int


def _parsed(
    blocks: Iterator[bytes], first_line: int, parse_block: Callable[[bytes, int], Batch | None]
) -> Iterator[tuple[_Block, Batch | None]]:
    for block in blocks:
        text = block.removeprefix(BOM) if first_line == 1 else block
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        yield _Block(text, first_line, lines, len(block)), parse_block(text, first_line)
        first_line += lines


def _prefetched(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items; another thread computes the next one while the current one is processed."""
    with ThreadPoolExecutor(1) as pool:
        upcoming = pool.submit(next, items, None)
        while (item := upcoming.result()) is not None:
            upcoming = pool.submit(next, items, None)
            yield item


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """Split a stream into blocks that end at line ends."""
    rest = b""
    while block := stream.read(BLOCK_BYTES):
        end = block.rfind(b"\n") + 1
        if end:
            yield rest + block[:end]
            rest = block[end:]
        else:
            rest += block
        if len(rest) > BLOCK_BYTES:
            raise UnreadableReleaseError(f"A line is longer than {BLOCK_BYTES:,} bytes; no release has such lines.")
    if rest:
        yield rest


def _columns(block: bytes, table: Table, types: Mapping[str, type[pl.DataType]]) -> list[Any] | None:
    """Parse a block as columns; return None if a line is malformed."""
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


def _lines(first_line: int, rows: NDArray[np.generic]) -> NDArray[np.int64]:
    return np.arange(first_line, first_line + len(rows), dtype=np.int64)


def _valid_rows(
    block: bytes, first_line: int, table: Table, rejects: Rejects, parse: Callable[[Sequence[str]], tuple[float, ...]]
) -> NDArray[np.float64]:
    """Parse each line and append its number; return the columns.

    A line for which `parse` raises ValueError is rejected. Float64 holds every id, timestamp and line number exactly.
    """
    rows = []
    width = len(table.columns)
    for line, raw in enumerate(block.decode("utf-8", "replace").split("\n"), first_line):
        text = raw.removesuffix("\r")
        if not text:
            continue
        cells = [cell.strip('"') for cell in text.split(table.delimiter)]
        try:
            if len(cells) != width:
                raise ValueError(f"{len(cells)} columns instead of {width}")
            rows.append((*parse(cells), line))
        except ValueError as error:
            rejects.add(table.file, line, str(error))
    return np.array(rows, dtype=np.float64).reshape(-1, width + 1).T
