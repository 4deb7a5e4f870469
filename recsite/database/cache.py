"""A cache in Redis that the site can do without."""

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

logger = logging.getLogger(__name__)

SILENT_SECONDS = 5.0
"""For so long a server that did not answer is not asked again: visitors shall not wait for it one by one."""


class JsonSerializer:
    """Django would read back a pickle, which runs what somebody else may have written into the server."""

    def dumps(self, value: Any) -> int | str:
        # Redis adds to whole numbers itself.
        return value if type(value) is int else json.dumps(value)

    def loads(self, written: bytes) -> Any:
        return json.loads(written)


class ForgivingRedisCache(RedisCache):
    """As if empty while the server does not answer: sessions come from the database, and throttles let pass."""

    _silent_until = 0.0

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        options = {"serializer": JsonSerializer, **params.get("OPTIONS", {})}
        super().__init__(server, {**params, "OPTIONS": options})

    def _try(self, action: Callable[[], Any], otherwise: Any) -> Any:
        cls = type(self)
        if time.monotonic() < cls._silent_until:
            return otherwise
        try:
            return action()
        except (RedisConnectionError, RedisTimeoutError) as error:
            cls._silent_until = time.monotonic() + SILENT_SECONDS
            logger.warning("The cache does not answer, and is left alone for %g s: %s", SILENT_SECONDS, error)
            return otherwise

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(lambda: super(ForgivingRedisCache, self).get(key, default, version), default)

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        found: dict[Any, Any] = self._try(lambda: super(ForgivingRedisCache, self).get_many(keys, version), {})
        return found

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._try(lambda: super(ForgivingRedisCache, self).has_key(key, version), False))

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try(lambda: super(ForgivingRedisCache, self).add(*args, **kwargs), True))

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._try(lambda: super(ForgivingRedisCache, self).set(*args, **kwargs), None)

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        return list(self._try(lambda: super(ForgivingRedisCache, self).set_many(*args, **kwargs), []))

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try(lambda: super(ForgivingRedisCache, self).touch(*args, **kwargs), False))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._try(lambda: super(ForgivingRedisCache, self).incr(key, delta, version), delta))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try(lambda: super(ForgivingRedisCache, self).delete(*args, **kwargs), False))

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._try(lambda: super(ForgivingRedisCache, self).delete_many(*args, **kwargs), None)
