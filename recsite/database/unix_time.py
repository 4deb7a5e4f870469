"""A model field that stores an aware datetime as whole Unix seconds."""

from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class UnixTimeField(models.DateTimeField):
    """An aware datetime, stored as whole Unix seconds.

    MovieLens timestamps have this form, an integer takes a third of the space of SQLite's text datetime, and the
    columns for training need no conversion on either database.
    """

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def from_db_value(self, value: int | None, *args: object) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)

    def get_prep_value(self, value: Any) -> int | None:
        value = self.to_python(value)
        return None if value is None else int(value.timestamp())

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> int | None:
        return value if prepared else self.get_prep_value(value)
