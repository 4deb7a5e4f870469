"""How large tables are, without counting them."""

from django.db import connection
from django.db.models import Model


def estimated_rows(model: type[Model], *, exact_up_to: int) -> int:
    """How many rows a table has: counted if there are no more than so many, else as the database guesses."""
    counted = model._default_manager.order_by()[: exact_up_to + 1].count()
    if counted <= exact_up_to:
        return counted
    guess = _guess(model) if connection.vendor == "postgresql" else -1
    return guess if guess > exact_up_to else model._default_manager.count()


def _guess(model: type[Model]) -> int:
    """PostgreSQL's own estimate; -1 before the table has been analysed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table])
        return int(cursor.fetchone()[0])
