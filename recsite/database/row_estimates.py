"""How large tables are, without counting them."""

from django.db import connection
from django.db.models import Model

GUESS = """
    SELECT sum(greatest(reltuples, 0))::bigint FROM pg_class
    WHERE relkind = 'r'
      AND (oid = %s::regclass OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = %s::regclass))
"""


def estimated_rows(model: type[Model], *, exact_up_to: int) -> int:
    """How many rows a table has: counted if there are no more than so many, else as the database guesses."""
    counted = model._default_manager.order_by()[: exact_up_to + 1].count()
    if counted <= exact_up_to:
        return counted
    guess = _guess(model) if connection.vendor == "postgresql" else -1
    return guess if guess > exact_up_to else model._default_manager.count()


def _guess(model: type[Model]) -> int:
    """PostgreSQL's own estimate; 0 before the table, or any of its partitions, has been analysed."""
    with connection.cursor() as cursor:
        cursor.execute(GUESS, [model._meta.db_table] * 2)
        return int(cursor.fetchone()[0] or 0)
