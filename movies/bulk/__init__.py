"""Bulk writes, the only raw SQL that writes: COPY on PostgreSQL, `executemany` on SQLite."""

from django.db import connection

from movies.bulk import postgresql, sqlite
from movies.bulk.store import Store


def store() -> Store:
    """Return the bulk writer for the database in use."""
    return postgresql.PostgreSQL() if connection.vendor == "postgresql" else sqlite.SQLite()
