"""Ratings as Parquet files for distributed engines, by primary keys and partitioned by a hash of the user.

`FOLDER/part=07/000000.parquet` and so on hold the columns user_id, movie_id, half_stars and rated_at (Unix seconds).
All ratings of a user are in one part, and the parts are of about the same size.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from numpy.typing import NDArray

from movies import columns
from movies.columns import RatingColumns
from movies.columns.backends import Arrays

PARTS = 16
ROWS_PER_FILE = 4_000_000
"""Rows buffered before they are written: about 70 MB."""
SCHEMA = {"user_id": pl.Int32, "movie_id": pl.Int32, "half_stars": pl.Int8, "rated_at": pl.Int64}


class NoRatingsError(Exception):
    """The folder contains no Parquet export."""


def export(folder: Path) -> int:
    """Write all ratings atomically, in memory independent of their number; return how many were written.

    Raises `FileExistsError` if the folder exists.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists. Name a new folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
        writer = Writer(Path(name) / folder.name)
        columns.stream_ratings(writer.add)
        writer.flush()
        writer.folder.rename(folder)
    return writer.rows


def read(folder: Path) -> RatingColumns:
    """Return the ratings of an export, ordered by user and movie."""
    files = sorted(folder.glob("part=*/*.parquet"))
    if not files:
        raise NoRatingsError(
            f"{folder} contains no ratings. Create it by `manage.py export_ratings --parquet {folder}`."
        )
    frame = pl.read_parquet(files, columns=list(SCHEMA), hive_partitioning=False)
    return columns.in_order([frame[name].to_numpy() for name in SCHEMA])


class Writer:
    """Buffers chunks of ratings; whenever the buffer is full, it adds a file to each part."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = 0
        self._buffer: list[Arrays] = []
        self._n_buffered = 0
        self._n_flushes = 0
        for part in range(PARTS):
            self._folder_of(part).mkdir(parents=True)

    def add(self, arrays: Arrays) -> None:
        """Add columns in the order of `SCHEMA`."""
        self._buffer.append(arrays)
        self._n_buffered += len(arrays[0])
        if self._n_buffered >= ROWS_PER_FILE:
            self.flush()

    def flush(self) -> None:
        """Write the buffered rows."""
        columns = [np.concatenate(chunks) for chunks in zip(*self._buffer, strict=True)]
        self._buffer.clear()
        self._n_buffered = 0
        if not columns:
            return
        frame = pl.DataFrame(dict(zip(SCHEMA, columns, strict=True)), schema=SCHEMA)
        parts = part_of(columns[0])
        for part in range(PARTS):
            rows = frame.filter(parts == part)
            if rows.height:
                rows.write_parquet(self._folder_of(part) / f"{self._n_flushes:06}.parquet")
        self.rows += frame.height
        self._n_flushes += 1

    def _folder_of(self, part: int) -> Path:
        return self.folder / f"part={part:02}"


def part_of(user_ids: NDArray[np.integer]) -> NDArray[np.uint32]:
    """Return the part of each user by Knuth's multiplicative hash, which also spreads ids at a fixed stride."""
    return (user_ids.astype(np.uint32) * np.uint32(2654435761)) >> np.uint32(28)
