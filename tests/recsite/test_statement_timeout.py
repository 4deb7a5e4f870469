"""A database or a cache that does not answer holds nobody for long."""

import os
import socket
import time
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.core.cache.backends.base import BaseCache

from recsite.database import statement_timeout
from recsite.database.cache import ForgivingRedisCache

LIMIT = 0.5
WITHIN = 5.0


@pytest.fixture
def connection() -> Iterator[Any]:
    url = os.environ["DATABASE_URL"]
    if not url.startswith("postgres"):
        pytest.skip("SQLite has no server that could be silent")
    made = psycopg2.connect(url, **statement_timeout.options(LIMIT))
    yield made
    made.close()


@pytest.fixture
def silent_cache() -> Iterator[BaseCache]:
    """A cache whose server accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        options = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
        address = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        ForgivingRedisCache._skip_until = 0.0
        yield ForgivingRedisCache(address, {"OPTIONS": options})
        ForgivingRedisCache._skip_until = 0.0


@pytest.mark.database
def test_a_statement_that_takes_too_long_fails_as_if_the_server_were_gone(connection: Any) -> None:
    started = time.monotonic()
    with connection.cursor() as cursor, pytest.raises((psycopg2.OperationalError, psycopg2.InterfaceError)):
        cursor.execute("SELECT pg_sleep(60)")
    assert time.monotonic() - started < WITHIN
    assert connection.closed


@pytest.mark.database
def test_what_is_quick_enough_is_left_alone(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.1)")
    connection.commit()
    time.sleep(2 * LIMIT + 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_silent_cache_is_as_if_empty(silent_cache: BaseCache) -> None:
    started = time.monotonic()
    assert silent_cache.get("key", "nothing") == "nothing"
    silent_cache.set("key", 1)
    silent_cache.set_many({"key": 1})
    assert silent_cache.get_many(["key"]) == {}
    assert silent_cache.add("key", 1)
    assert silent_cache.incr("key") == 1
    assert not silent_cache.touch("key")
    assert not silent_cache.has_key("key")
    assert not silent_cache.delete("key")
    silent_cache.delete_many(["key"])
    assert time.monotonic() - started < 2, "only the first question waits for it"


def test_a_cache_that_is_back_is_asked_again(silent_cache: BaseCache, monkeypatch: pytest.MonkeyPatch) -> None:
    silent_cache.get("key")
    waiting_until = ForgivingRedisCache._skip_until
    assert waiting_until > time.monotonic()
    monkeypatch.setattr("recsite.database.cache.time.monotonic", lambda: waiting_until + 1)
    silent_cache.get("key")
    assert ForgivingRedisCache._skip_until > waiting_until
