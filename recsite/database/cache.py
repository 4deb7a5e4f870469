"""Values in the cache as JSON, without pickle; the backend that keeps them in the database."""

import base64
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, connections, router, transaction
from django.utils import timezone

logger = logging.getLogger(__name__)


def read(key: str, valid: Callable[[Any], bool]) -> Any:
    """Return a cached value; None if it is missing, or not what `valid` accepts."""
    value = cache.get(key)
    return value if value is not None and valid(value) else None


def is_list_of(kind: type, value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is kind for each in value)


class JsonSerializer:
    """Serialize as JSON. Django's default unpickles, which runs any code that was written into the server."""

    def dumps(self, value: Any) -> int | str:
        # Redis increments integers itself, so they stay bare.
        return value if type(value) is int else json.dumps(value, default=_encode_bytes)

    def loads(self, data: bytes | str) -> Any:
        return json.loads(data, object_hook=_decode_bytes)


NEVER = datetime.max.replace(microsecond=0)  # noqa: DTZ901 - as Django stores an entry that never expires
_BYTES = "base64 bytes"
"""The only key of an object that stands for bytes, such as an uploaded file between preview and import."""


def _encode_bytes(value: Any) -> dict[str, str]:
    if not isinstance(value, bytes):
        raise TypeError(f"The cache holds JSON; {type(value).__name__} has no form in it.")
    return {_BYTES: base64.b64encode(value).decode()}


def _decode_bytes(value: dict[str, Any]) -> Any:
    return base64.b64decode(value[_BYTES]) if value.keys() == {_BYTES} else value


class JsonDatabaseCache(DatabaseCache):
    """Django's cache in the database, with JSON for pickle: rows that are not JSON count as missing.

    A single statement writes an entry, so `add` is atomic too.
    """

    _json = JsonSerializer()

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        by_key = {self.make_and_validate_key(key, version=version): key for key in keys}
        if not by_key:
            return {}
        connection, table = self._connection(router.db_for_read)
        marks = ", ".join(["%s"] * len(by_key))
        query = f"SELECT cache_key, value FROM {table} WHERE cache_key IN ({marks}) AND expires > %s"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(query, [*by_key, self._adapted(connection, _now())])
            rows = cursor.fetchall()
        values = {}
        for key, text in rows:
            try:
                values[by_key[key]] = self._json.loads(text)
            except ValueError:
                logger.warning("The cache entry %r is not JSON; it is ignored.", key)
        return values

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        seconds = self.get_backend_timeout(timeout)
        expires = NEVER if seconds is None else datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)
        connection, table = self._connection(router.db_for_write)
        now, until = self._adapted(connection, _now()), self._adapted(connection, expires)
        text = str(self._json.dumps(value))
        try:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                if mode == "touch":
                    cursor.execute(
                        f"UPDATE {table} SET expires = %s WHERE cache_key = %s AND expires > %s",  # noqa: S608
                        [until, key, now],
                    )
                    return bool(cursor.rowcount)
                cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608
                (entries,) = cursor.fetchone()
                if entries > self._max_entries:
                    self._cull(connection.alias, cursor, _now(), entries)  # type: ignore[attr-defined]  # not in the stubs
                only_expired = f"WHERE {table}.expires <= %s" if mode == "add" else ""
                cursor.execute(
                    f"INSERT INTO {table} (cache_key, value, expires) VALUES (%s, %s, %s) ON CONFLICT (cache_key) "  # noqa: S608
                    f"DO UPDATE SET value = excluded.value, expires = excluded.expires {only_expired}",
                    [key, text, until, *([now] if only_expired else [])],
                )
                return bool(cursor.rowcount)
        except DatabaseError:
            # As in Django's cache: a write that fails must not break the page.
            return False

    def _connection(self, database_for: Callable[[Any], str]) -> tuple[Any, str]:
        connection = connections[database_for(self.cache_model_class)]
        return connection, connection.ops.quote_name(self._table)  # type: ignore[attr-defined]  # not in the stubs

    @staticmethod
    def _adapted(connection: Any, at: datetime) -> Any:
        return connection.ops.adapt_datetimefield_value(at)


def _now() -> datetime:
    return timezone.now().replace(microsecond=0)
