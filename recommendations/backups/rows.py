"""The tables of a backup, and their rows as JSON lines that mean the same on every database."""

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models
from django.db.migrations.recorder import MigrationRecorder

RATINGS = "movies_rating"
NOT_KEPT = {"django_session", "recommendations_requestcount"}
"""Tables of sessions and of counted requests: a restored site starts without any."""
FILLED_BY_MIGRATIONS = {"auth", "contenttypes", "django_celery_beat"}
"""Apps whose tables have rows before anybody has used the site."""
ROWS_AT_A_TIME = 2000


def all_models() -> list[type[models.Model]]:
    """Return the models of all tables, also those of many-to-many relations, by table name."""
    managed = (model for model in apps.get_models(include_auto_created=True) if model._meta.managed)
    by_table = {model._meta.db_table: model for model in managed if not model._meta.proxy}
    return [by_table[table] for table in sorted(by_table)]


def kept_models() -> list[type[models.Model]]:
    """Return the models whose rows are backed up."""
    return [model for model in all_models() if model._meta.db_table not in NOT_KEPT]


def fields_of(model: type[models.Model]) -> list["models.Field[Any, Any]"]:
    """Return the fields with a column that is written, not generated."""
    return [field for field in model._meta.concrete_fields if not field.generated]


def columns_of(model: type[models.Model]) -> list[str]:
    return [str(field.column) for field in fields_of(model)]


def migrations() -> dict[str, list[str]]:
    """Return the names of the applied migrations by app."""
    applied: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder.Migration.objects.values_list("app", "name")):
        applied.setdefault(app, []).append(name)
    return applied


def lines(model: type[models.Model]) -> Iterator[str]:
    """Yield every row as a JSON array, in the order of the columns."""
    fields = fields_of(model)
    rows = model._base_manager.order_by("pk").values_list(*(field.attname for field in fields))
    for row in rows.iterator(chunk_size=ROWS_AT_A_TIME):
        yield json.dumps(
            [_plain(field, value) for field, value in zip(fields, row, strict=True)], ensure_ascii=False, sort_keys=True
        )


def values(model: type[models.Model], texts: Iterable[str]) -> Iterator[list[Any]]:
    """Turn JSON lines into rows of Python values; raise ValueError for a line that is no such row."""
    fields = fields_of(model)
    for number, text in enumerate(texts, start=1):
        try:
            row = json.loads(text)
            yield [_value(field, value) for field, value in zip(fields, row, strict=True)]
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"line {number}: {error}") from error


def _plain(field: "models.Field[Any, Any]", value: Any) -> Any:
    if value is None or isinstance(field, models.JSONField):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value if isinstance(value, bool | int | float | str) else str(field.get_prep_value(value))


def _value(field: "models.Field[Any, Any]", value: Any) -> Any:
    if value is None or isinstance(field, models.JSONField):
        return value
    if isinstance(field, models.BinaryField):
        return base64.b64decode(value, validate=True)
    if isinstance(field, models.ForeignKey):
        return field.target_field.to_python(value)
    return field.to_python(value)
