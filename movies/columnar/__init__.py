"""Columns of a table as NumPy arrays, read in one statement and without a Python object for each row."""

from collections.abc import Mapping

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from movies.columnar import postgresql, sqlite


def read(table: str, columns: Mapping[str, np.dtype], where: str = "true") -> list[NDArray[np.signedinteger]]:
    """Integer columns, in these types, of the rows that `where` (our own SQL) is true for, in no order.

    Nulls are not allowed.  Numbers of 8 bits must be positive, others between -2³⁹ and 2³⁹.
    """
    reader = postgresql if connection.vendor == "postgresql" else sqlite
    return reader.read(table, columns, where)
