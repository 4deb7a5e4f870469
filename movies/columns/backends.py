"""Columns of a table as NumPy arrays, read in one statement and without a Python object for each row."""

from collections.abc import Callable, Mapping

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from movies.columns import postgresql, sqlite

Arrays = list[NDArray[np.signedinteger]]


def read(table: str, columns: Mapping[str, np.dtype]) -> Arrays:
    """Integer columns of all rows, in these types and in no order.

    Nulls are not allowed.  Numbers of 8 bits must be positive, others between -2³⁹ and 2³⁹.
    """
    parts: list[Arrays] = [[] for _ in columns]

    def keep(arrays: Arrays) -> None:
        for part, array in zip(parts, arrays, strict=True):
            part.append(array)

    stream(table, columns, keep)
    return [_joined(part, dtype) for part, dtype in zip(parts, columns.values(), strict=True)]


def stream(table: str, columns: Mapping[str, np.dtype], take: Callable[[Arrays], None]) -> None:
    """The same in pieces of some ten thousand rows, each given to `take` as soon as it is here."""
    reader = postgresql if connection.vendor == "postgresql" else sqlite
    reader.stream(table, columns, take)


def _joined(part: Arrays, dtype: np.dtype) -> NDArray[np.signedinteger]:
    """The whole column, whose pieces are let go of as soon as it is there."""
    joined = np.concatenate(part) if part else np.empty(0, dtype=dtype)
    part.clear()
    return joined
