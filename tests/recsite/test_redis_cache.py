"""The Redis cache round-trips values and never unpickles them."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.cache.backends.base import BaseCache

from recsite.database.redis_cache import ForgivingRedisCache
from tests.recommendations.training.test_workers import BROKERS
from tests.support.environment import missing, postgresql_only

URL = BROKERS["redis"]

pytestmark = postgresql_only("the cache is independent of the database, so it is tested once")


@pytest.fixture
def cache() -> Iterator[BaseCache]:
    with redis.from_url(URL) as server:
        try:
            server.ping()
        except redis.ConnectionError:
            missing("Redis is not reachable")
    cache = ForgivingRedisCache(URL, {"KEY_PREFIX": "test-cache"})
    yield cache
    cache.delete("key")


@pytest.mark.database
@pytest.mark.parametrize("value", [0, 7, True, 1.5, "text “é”", None, [[1, [2, 3]]], {"_auth_user_id": "1"}], ids=str)
def test_values_round_trip(cache: BaseCache, value: object) -> None:
    cache.set("key", value)
    assert cache.get("key") == value
    assert type(cache.get("key")) is type(value)


@pytest.mark.database
def test_a_stored_number_can_be_incremented(cache: BaseCache) -> None:
    cache.set("key", 41)
    assert cache.incr("key") == 42
    assert cache.get("key") == 42


@pytest.mark.database
def test_a_planted_pickle_is_not_executed(cache: BaseCache, tmp_path: Path) -> None:
    marker = tmp_path / "was-run"

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return marker.touch, ()

    with redis.from_url(URL) as server:
        server.set(cache.make_key("key"), pickle.dumps(Trap()))
    assert cache.get("key", "missing") == "missing"
    assert not marker.exists()
