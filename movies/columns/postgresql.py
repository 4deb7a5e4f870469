"""Columns from PostgreSQL: arrays of many rows each, through a binary COPY.

A message for each row costs more than the rows themselves.  So the server puts the rows of some hundred pages into
one array for each column, in the order in which they lie, and an array's elements are at even distances.
"""

import struct
from collections.abc import Callable, Mapping

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from psycopg2.extensions import cursor as Cursor  # noqa: N812

PARTS = "SELECT relid::regclass::text FROM pg_partition_tree(%s::regclass) WHERE isleaf"
"""The partitions of a table that has some, as quoted names."""
PAGES = 512
"""So many pages of a table go into one array: a few megabytes."""

_HEADER = len(b"PGCOPY\n\xff\r\n\0") + 8
_ELEMENT_TYPES = {20: ">i8", 21: ">i2", 23: ">i4"}
"""Of the types bigint, smallint and integer, by their object ids."""


def stream(
    table: str,
    columns: Mapping[str, np.dtype],
    take: Callable[[list[NDArray[np.signedinteger]]], None],
) -> None:
    """As `movies.columns.backends.stream`."""
    arrays = ", ".join(f"array_agg({connection.ops.quote_name(column)})" for column in columns)
    with connection.cursor() as wrapper:
        wrapper.execute(PARTS, [table])
        parts = [part for (part,) in wrapper.fetchall()] or [connection.ops.quote_name(table)]
        every = " UNION ALL ".join(_arrays_of(part, arrays) for part in parts)
        copying: Cursor = wrapper.cursor
        copying.copy_expert(f"COPY ({every}) TO STDOUT (FORMAT binary)", _Rows(list(columns.values()), take))


def _arrays_of(part: str, arrays: str) -> str:
    pages = f"pg_relation_size('{part}') / current_setting('block_size')::int"
    return f"""
        SELECT (SELECT row({arrays}) FROM {part}
                WHERE ctid >= format('(%s,0)', first)::tid AND ctid < format('(%s,0)', first + {PAGES})::tid)
        FROM generate_series(0, {pages}, {PAGES}) AS first
    """  # noqa: S608 - names are quoted


class _Rows:
    """What a COPY is written to: the answer's rows are taken apart as soon as they are complete."""

    def __init__(self, dtypes: list[np.dtype], take: Callable[[list[NDArray[np.signedinteger]]], None]) -> None:
        self._dtypes = dtypes
        self._take = take
        self._rest = b""
        self._to_skip = _HEADER

    def write(self, data: bytes) -> int:
        rest = self._rest + data if self._rest else data
        at = 0
        if self._to_skip:
            if len(rest) < self._to_skip:
                self._rest = rest
                return len(data)
            at, self._to_skip = self._to_skip, 0
        while (end := _end_of_row(rest, at)) <= len(rest):
            if end > at + 2:
                self._take(self._arrays(rest, at + 2 + 4))
            at = end
        self._rest = rest[at:]
        return len(data)

    def _arrays(self, data: bytes, at: int) -> list[NDArray[np.signedinteger]]:
        """The arrays of a record: a count of fields, and for each its type, its length and its bytes."""
        at += 4
        arrays = []
        for dtype in self._dtypes:
            (length,) = struct.unpack_from(">i", data, at + 4)
            at += 8
            # Pages without a row have null for an array.
            arrays.append(_array(data, at).astype(dtype) if length > 0 else np.empty(0, dtype))
            at += max(length, 0)
        return arrays


def _end_of_row(data: bytes, at: int) -> int:
    """Where the row that begins at `at` ends, or the end of the answer; beyond the data if that is not seen yet."""
    if at + 2 > len(data):
        return len(data) + 1
    (fields,) = struct.unpack_from(">h", data, at)
    if fields < 0:
        return at + 2
    if at + 6 > len(data):
        return len(data) + 1
    return at + 6 + int(struct.unpack_from(">i", data, at + 2)[0])


def _array(data: bytes, at: int) -> NDArray[np.signedinteger]:
    """A one-dimensional array without nulls: five numbers about it, then each element behind its length."""
    _, _, kind, count, _ = struct.unpack_from(">iiiii", data, at)
    pairs = np.dtype([("length", ">i4"), ("value", _ELEMENT_TYPES[kind])])
    return np.frombuffer(data, dtype=pairs, count=count, offset=at + 20)["value"]
