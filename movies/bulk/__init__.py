"""Bulk writes, the only raw SQL that writes: COPY on PostgreSQL, `executemany` on SQLite.

`store()` is the one for the database in use.
"""

from django.db import connection

from movies.bulk import postgresql, sqlite
from movies.bulk.store import Store


def store() -> Store:
    """How rows get into this database fast."""
    return postgresql.PostgreSQL() if connection.vendor == "postgresql" else sqlite.SQLite()
