"""Ratings as Parquet files, for engines that share work: by our own ids, and parted by a hash of the user.

`FOLDER/part=07/000000.parquet` and so on hold the columns user_id, movie_id, half_stars and rated_at (Unix seconds).
All ratings of a user are in one part, and parts are of about the same size.
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
"""So many rows are held before they are written: some 70 MB."""
SCHEMA = {"user_id": pl.Int32, "movie_id": pl.Int32, "half_stars": pl.Int8, "rated_at": pl.Int64}


class NoRatingsError(Exception):
    """There is no Parquet export where one was said to be."""


def export(folder: Path) -> int:
    """Write every rating, all of it or nothing, in memory that does not grow with their number; say how many.

    Raises `FileExistsError` if something is there already.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists; name a folder that does not.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
        writer = Writer(Path(name) / folder.name)
        columns.stream_ratings(writer.add)
        writer.flush()
        writer.folder.rename(folder)
    return writer.rows


def read(folder: Path) -> RatingColumns:
    """The ratings of an export, ordered by user and movie."""
    files = sorted(folder.glob("part=*/*.parquet"))
    if not files:
        raise NoRatingsError(f"{folder} holds no ratings; make it with `manage.py export_ratings --parquet {folder}`.")
    frame = pl.read_parquet(files, columns=list(SCHEMA), hive_partitioning=False)
    return columns.in_order([frame[name].to_numpy() for name in SCHEMA])


class Writer:
    """Writes ratings that come in pieces; a part gets a file each time that enough have come together."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = 0
        self._held: list[Arrays] = []
        self._n_held = 0
        self._n_written = 0
        for part in range(PARTS):
            self._folder_of(part).mkdir(parents=True)

    def add(self, arrays: Arrays) -> None:
        """Columns in the order of `SCHEMA`."""
        self._held.append(arrays)
        self._n_held += len(arrays[0])
        if self._n_held >= ROWS_PER_FILE:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        held = [np.concatenate(pieces) for pieces in zip(*self._held, strict=True)]
        self._held.clear()
        self._n_held = 0
        if not held:
            return
        frame = pl.DataFrame(dict(zip(SCHEMA, held, strict=True)), schema=SCHEMA)
        parts = part_of(held[0])
        for part in range(PARTS):
            mine = frame.filter(parts == part)
            if mine.height:
                mine.write_parquet(self._folder_of(part) / f"{self._n_written:06}.parquet")
        self.rows += frame.height
        self._n_written += 1

    def _folder_of(self, part: int) -> Path:
        return self.folder / f"part={part:02}"


def part_of(user_ids: NDArray[np.integer]) -> NDArray[np.uint32]:
    """Multiplicative hashing (Knuth): also ids at even distances spread over the parts."""
    return (user_ids.astype(np.uint32) * np.uint32(2654435761)) >> np.uint32(28)
