"""The default cache: Redis, or a table of the database. Both hold JSON."""

from typing import Any


def caches(redis_url: str) -> dict[str, Any]:
    """Return `CACHES` for a Redis server, or for the database if there is none."""
    if not redis_url:
        backend = "recsite.database.cache.JsonDatabaseCache"
        return {"default": {"BACKEND": backend, "LOCATION": "cache", "OPTIONS": {"MAX_ENTRIES": 10_000}}}
    return {
        "default": {
            "BACKEND": "recsite.database.redis_cache.ForgivingRedisCache",
            "LOCATION": redis_url,
            "KEY_PREFIX": "json",
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        }
    }
