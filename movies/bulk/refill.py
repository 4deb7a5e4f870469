"""Fill a whole database with rows that keep their primary keys, as a restore does. All inside `Store.loading`."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.core.management.color import no_style
from django.db import connection, models
from numpy.typing import NDArray

from movies.bulk import postgresql, sqlite
from movies.bulk.afterwards import defer_indexes
from movies.bulk.store import CHUNK, chunks, recount, table_of

ROWS_AT_A_TIME = 2_000
"""Rows in memory: one of the genome has some kilobytes, and several times as many as text."""
RATING_COLUMNS = (("id", ">i8"), *postgresql.RATING_FIELDS)
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def empty(tables: Sequence[type[models.Model]]) -> None:
    """Delete all rows of these tables, which include all that refer to them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(table_of(model) for model in tables)}")
            return
        # Movies go first, so that the triggers of the ratings find none to count.
        for model in sorted(tables, key=lambda model: model._meta.db_table != "movies_movie"):
            cursor.execute(f"DELETE FROM {table_of(model)}")


def fill(model: type[models.Model], rows: Iterable[Sequence[Any]]) -> Iterator[int]:
    """Write rows with a value for each column that is not generated; yield the size of each chunk once written."""
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    with connection.cursor() as cursor:
        for chunk in chunks(rows, ROWS_AT_A_TIME):
            if connection.vendor == "postgresql":
                lines = ("\t".join(map(_copy_text, fields, row)) for row in chunk)
                text = io.BytesIO("".join(f"{line}\n" for line in lines).encode())
                cursor.cursor.copy_expert(f"COPY {table_of(model)} ({columns}) FROM STDIN", text)
            else:
                prepared = [[_prepared(*pair) for pair in zip(fields, row, strict=True)] for row in chunk]
                placeholders = ", ".join(["%s"] * len(fields))
                cursor.executemany(f"INSERT INTO {table_of(model)} ({columns}) VALUES ({placeholders})", prepared)
            yield len(chunk)


def fill_ratings(batches: Iterable[NDArray[Any]]) -> Iterator[int]:
    """Write ratings, structured arrays with the columns of the table; yield the size of each chunk once written.

    Comes after all tables that ratings refer to, and counts the ratings of each movie anew.
    """
    with _bare_table() as cursor:
        for batch in (part for whole in batches for part in _parts(whole)):
            if connection.vendor == "postgresql":
                columns = ", ".join(name for name, _ in RATING_COLUMNS)
                content = io.BytesIO(postgresql.SIGNATURE + _binary(batch) + postgresql.TRAILER)
                sql = f"COPY movies_rating ({columns}) FROM STDIN WITH (FORMAT binary)"
                cursor.cursor.copy_expert(sql, content)
            else:
                names = ", ".join(batch.dtype.names or ())
                sql = f"INSERT INTO movies_rating ({names}) VALUES (?, ?, ?, ?, ?)"
                connection.connection.cursor().executemany(sql, batch.tolist())
            yield len(batch)
    recount()


def reset_sequences(tables: Sequence[type[models.Model]]) -> None:
    """Let the next row of each table get the id after the largest."""
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), list(tables)):
            cursor.execute(sql)


def check_references(tables: Sequence[type[models.Model]]) -> None:
    """Raise IntegrityError if a row refers to one that is not there; ratings have been checked."""
    if connection.vendor == "postgresql":
        connection.check_constraints()
    else:
        connection.check_constraints([model._meta.db_table for model in tables])


@contextmanager
def _bare_table() -> Iterator[Any]:
    """Drop indexes and triggers of the ratings while they are written."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            with defer_indexes(cursor, "movies_rating"):
                yield cursor
        else:
            with sqlite.dropped(cursor, "trigger", "movies_rating"), sqlite.dropped(cursor, "index", "movies_rating"):
                yield cursor


def _parts(batch: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for start in range(0, len(batch), CHUNK):
        yield batch[start : start + CHUNK]


def _binary(batch: NDArray[Any]) -> bytes:
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in RATING_COLUMNS:
        layout += [(f"{name}_length", ">i4"), (name, kind)]
    rows = np.empty(len(batch), dtype=layout)
    rows["fields"] = len(RATING_COLUMNS)
    for name, kind in RATING_COLUMNS:
        rows[f"{name}_length"] = np.dtype(kind).itemsize
        rows[name] = batch[name]
    return rows.tobytes()


def _prepared(field: "models.Field[Any, Any]", value: Any) -> Any:
    return field.get_db_prep_save(value, connection)


def _copy_text(field: "models.Field[Any, Any]", value: Any) -> str:
    """Return a value in COPY's text format."""
    if value is None:
        return r"\N"
    if isinstance(field, models.JSONField):
        return json.dumps(value).translate(_ESCAPES)
    if isinstance(field, models.BinaryField):
        return rf"\\x{bytes(value).hex()}"
    return str(_prepared(field, value)).translate(_ESCAPES)
