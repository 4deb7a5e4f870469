"""Integer columns of a table as NumPy arrays, read in one statement without a Python object per row."""

from collections.abc import Callable, Mapping

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from movies.columns import postgresql, sqlite

Arrays = list[NDArray[np.signedinteger]]


def read(table: str, columns: Mapping[str, np.dtype]) -> Arrays:
    """Return integer columns of all rows, in the given dtypes and in no particular order.

    Nulls are not allowed. 8-bit values must be positive, wider ones between -2³⁹ and 2³⁹.
    """
    chunks: list[Arrays] = [[] for _ in columns]

    def collect(arrays: Arrays) -> None:
        for chunk, array in zip(chunks, arrays, strict=True):
            chunk.append(array)

    stream(table, columns, collect)
    return [_joined(chunk, dtype) for chunk, dtype in zip(chunks, columns.values(), strict=True)]


def stream(table: str, columns: Mapping[str, np.dtype], take: Callable[[Arrays], None]) -> None:
    """Pass the same columns to `take` in chunks of some ten thousand rows, each as soon as it is read."""
    reader = postgresql if connection.vendor == "postgresql" else sqlite
    reader.stream(table, columns, take)


def _joined(chunks: Arrays, dtype: np.dtype) -> NDArray[np.signedinteger]:
    """Concatenate a column, and release its chunks at once."""
    joined = np.concatenate(chunks) if chunks else np.empty(0, dtype=dtype)
    chunks.clear()
    return joined
