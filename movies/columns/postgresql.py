"""Integer columns from PostgreSQL, aggregated into arrays and sent through a binary COPY.

A message per row costs more than the rows themselves. So the server aggregates the rows of some hundred pages into one
array per column, in physical order; the elements of an array lie at a fixed stride, which NumPy reads directly.
"""

import struct
from collections.abc import Callable, Mapping

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from psycopg2.extensions import cursor as Cursor  # noqa: N812

PARTITIONS = "SELECT relid::regclass::text FROM pg_partition_tree(%s::regclass) WHERE isleaf"
"""The leaf partitions of a partitioned table, as quoted names."""
PAGES_PER_ARRAY = 512
"""A few megabytes."""

_HEADER = len(b"PGCOPY\n\xff\r\n\0") + 8
_ELEMENT_TYPES = {20: ">i8", 21: ">i2", 23: ">i4"}
"""NumPy types of bigint, smallint and integer, by their object ids."""


def stream(
    table: str,
    columns: Mapping[str, np.dtype],
    take: Callable[[list[NDArray[np.signedinteger]]], None],
) -> None:
    """See `movies.columns.backends.stream`."""
    arrays = ", ".join(f"array_agg({connection.ops.quote_name(column)})" for column in columns)
    with connection.cursor() as wrapper:
        wrapper.execute(PARTITIONS, [table])
        partitions = [name for (name,) in wrapper.fetchall()] or [connection.ops.quote_name(table)]
        query = " UNION ALL ".join(_select_arrays(name, arrays) for name in partitions)
        cursor: Cursor = wrapper.cursor
        cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT binary)", _RowParser(list(columns.values()), take))


def _select_arrays(name: str, arrays: str) -> str:
    pages = f"pg_relation_size('{name}') / current_setting('block_size')::int"
    return f"""
        SELECT (SELECT row({arrays}) FROM {name}
                WHERE ctid >= format('(%s,0)', first)::tid AND ctid < format('(%s,0)', first + {PAGES_PER_ARRAY})::tid)
        FROM generate_series(0, {pages}, {PAGES_PER_ARRAY}) AS first
    """  # noqa: S608 - names are quoted


class _RowParser:
    """File-like target of a COPY that parses each row as soon as it is complete."""

    def __init__(self, dtypes: list[np.dtype], take: Callable[[list[NDArray[np.signedinteger]]], None]) -> None:
        self._dtypes = dtypes
        self._take = take
        self._pending = b""
        self._to_skip = _HEADER

    def write(self, data: bytes) -> int:
        pending = self._pending + data if self._pending else data
        start = 0
        if self._to_skip:
            if len(pending) < self._to_skip:
                self._pending = pending
                return len(data)
            start, self._to_skip = self._to_skip, 0
        while (end := _end_of_row(pending, start)) <= len(pending):
            if end > start + 2:
                self._take(self._arrays(pending, start + 2 + 4))
            start = end
        self._pending = pending[start:]
        return len(data)

    def _arrays(self, data: bytes, offset: int) -> list[NDArray[np.signedinteger]]:
        """Parse the arrays of a record: the number of fields, then the type, length and bytes of each."""
        offset += 4
        arrays = []
        for dtype in self._dtypes:
            (length,) = struct.unpack_from(">i", data, offset + 4)
            offset += 8
            # Pages without rows yield a null instead of an array.
            arrays.append(_array(data, offset).astype(dtype) if length > 0 else np.empty(0, dtype))
            offset += max(length, 0)
        return arrays


def _end_of_row(data: bytes, start: int) -> int:
    """Return the end of the row at `start`, or of the trailer; a position beyond the data if it is incomplete."""
    if start + 2 > len(data):
        return len(data) + 1
    (fields,) = struct.unpack_from(">h", data, start)
    if fields < 0:
        return start + 2
    if start + 6 > len(data):
        return len(data) + 1
    return start + 6 + int(struct.unpack_from(">i", data, start + 2)[0])


def _array(data: bytes, offset: int) -> NDArray[np.signedinteger]:
    """Parse a one-dimensional array without nulls: a header of five integers, then length and value per element."""
    _, _, kind, count, _ = struct.unpack_from(">iiiii", data, offset)
    pairs = np.dtype([("length", ">i4"), ("value", _ELEMENT_TYPES[kind])])
    return np.frombuffer(data, dtype=pairs, count=count, offset=offset + 20)["value"]
