"""A database or cache that does not respond blocks a request only briefly."""

import os
import socket
import time
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.core.cache.backends.base import BaseCache

from recsite.database import statement_timeout
from recsite.database.redis_cache import ForgivingRedisCache

LIMIT = 0.5
WITHIN = 5.0


@pytest.fixture
def connection() -> Iterator[Any]:
    url = os.environ["DATABASE_URL"]
    if not url.startswith("postgres"):
        pytest.skip("SQLite has no server that could hang")
    connection = psycopg2.connect(url, **statement_timeout.options(LIMIT))
    yield connection
    connection.close()


@pytest.fixture
def hanging_cache() -> Iterator[BaseCache]:
    """A cache whose server accepts connections and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        options = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
        address = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        ForgivingRedisCache._skip_until = 0.0
        yield ForgivingRedisCache(address, {"OPTIONS": options})
        ForgivingRedisCache._skip_until = 0.0


@pytest.mark.database
def test_a_slow_statement_fails_as_if_the_server_were_gone(connection: Any) -> None:
    started = time.monotonic()
    with connection.cursor() as cursor, pytest.raises((psycopg2.OperationalError, psycopg2.InterfaceError)):
        cursor.execute("SELECT pg_sleep(60)")
    assert time.monotonic() - started < WITHIN
    assert connection.closed


@pytest.mark.database
def test_a_fast_statement_is_not_interrupted(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.1)")
    connection.commit()
    time.sleep(2 * LIMIT + 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_hanging_cache_behaves_as_empty(hanging_cache: BaseCache) -> None:
    started = time.monotonic()
    assert hanging_cache.get("key", "nothing") == "nothing"
    hanging_cache.set("key", 1)
    hanging_cache.set_many({"key": 1})
    assert hanging_cache.get_many(["key"]) == {}
    assert hanging_cache.add("key", 1)
    assert hanging_cache.incr("key") == 1
    assert not hanging_cache.touch("key")
    assert not hanging_cache.has_key("key")
    assert not hanging_cache.delete("key")
    hanging_cache.delete_many(["key"])
    assert time.monotonic() - started < 2, "only the first call waits for it"


def test_a_cache_is_retried_after_a_while(hanging_cache: BaseCache, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging_cache.get("key")
    skip_until = ForgivingRedisCache._skip_until
    assert skip_until > time.monotonic()
    monkeypatch.setattr("recsite.database.redis_cache.time.monotonic", lambda: skip_until + 1)
    hanging_cache.get("key")
    assert ForgivingRedisCache._skip_until > skip_until
