"""Estimate the number of rows of a large table without counting them."""

from django.db import connection
from django.db.models import Model

ESTIMATE = """
    SELECT sum(greatest(reltuples, 0))::bigint FROM pg_class
    WHERE relkind = 'r'
      AND (oid = %s::regclass OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = %s::regclass))
"""


def estimated_rows(model: type[Model], *, exact_up_to: int) -> int:
    """Return the number of rows: an exact count up to `exact_up_to`, beyond that the database's estimate."""
    count = model._default_manager.order_by()[: exact_up_to + 1].count()
    if count <= exact_up_to:
        return count
    estimate = _estimate(model) if connection.vendor == "postgresql" else -1
    return estimate if estimate > exact_up_to else model._default_manager.count()


def _estimate(model: type[Model]) -> int:
    """PostgreSQL's estimate; 0 before the table, or any of its partitions, has been analysed."""
    with connection.cursor() as cursor:
        cursor.execute(ESTIMATE, [model._meta.db_table] * 2)
        return int(cursor.fetchone()[0] or 0)
