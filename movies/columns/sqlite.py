"""Columns from SQLite: one text for many rows, whose characters are the digits of the numbers.

Python's driver makes a tuple and a number for each row and column, which takes several times as long as the scan.  So
SQLite itself writes the numbers in base 2²⁰, each digit as one of the 2²⁰ characters from U+10000 on; all of them
take four bytes of UTF-8, from which NumPy takes the digits.
"""

from collections.abc import Callable, Mapping

import numpy as np
from django.db import connection
from numpy.typing import NDArray

ROWS = 50_000
"""So many ids go into one text: a megabyte, which stays in the processor's cache."""

_BITS = 20
_FIRST = 1 << 16
_MIDDLE = 1 << _BITS - 1
"""Added to the upper of two digits, which makes place for negative numbers."""


def stream(
    table: str,
    columns: Mapping[str, np.dtype],
    take: Callable[[list[NDArray[np.signedinteger]]], None],
) -> None:
    """As `movies.columns.backends.stream`."""
    names = {connection.ops.quote_name(column): dtype for column, dtype in columns.items()}
    digits = ", ".join(_digits(name, dtype) for name, dtype in names.items())
    name = connection.ops.quote_name(table)
    sql = f"""
        WITH RECURSIVE part(first) AS (
            SELECT min(id) FROM {name}
            UNION ALL
            SELECT (SELECT min(id) FROM {name} WHERE id >= first + {ROWS}) FROM part WHERE first IS NOT NULL
        )
        SELECT (SELECT CAST(group_concat(char({digits}), '') AS blob) FROM {name}
                WHERE id >= first AND id < first + {ROWS})
        FROM part"""  # noqa: S608 - names are quoted
    with connection.cursor() as cursor:
        cursor.execute(sql)
        while row := cursor.fetchone():
            if row[0]:
                take(_arrays(row[0], list(names.values())))


def _digits(name: str, dtype: np.dtype) -> str:
    if dtype.itemsize == 1:
        return f"{_FIRST} + {name}"
    return f"{_FIRST + _MIDDLE} + ({name} >> {_BITS}), {_FIRST} + ({name} & {(1 << _BITS) - 1})"


def _arrays(text: bytes, dtypes: list[np.dtype]) -> list[NDArray[np.signedinteger]]:
    width = sum(1 if dtype.itemsize == 1 else 2 for dtype in dtypes)
    code = np.frombuffer(text, dtype=">u4").astype(np.uint32).reshape(-1, width).T
    # The payload of the four bytes 11110aaa 10bbbbbb 10cccccc 10dddddd.
    digits = (code >> 6 & 0x1C0000 | code >> 4 & 0x3F000 | code >> 2 & 0xFC0 | code & 0x3F).view(np.int32) - _FIRST
    at = 0
    arrays: list[NDArray[np.signedinteger]] = []
    for dtype in dtypes:
        if dtype.itemsize == 1:
            arrays.append(digits[at].astype(dtype))
            at += 1
        else:
            upper = digits[at].astype(dtype) - dtype.type(_MIDDLE)
            arrays.append((upper << _BITS) + digits[at + 1])
            at += 2
    return arrays
