"""Caches hold JSON and never a pickle, in the database as in Redis."""

import base64
import pickle

import pytest
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.db import connection
from pytest_django import Settings

pytestmark = [pytest.mark.django_db, pytest.mark.database]


class Bomb:
    exploded = False

    def __reduce__(self) -> tuple[object, ...]:
        return (setattr, (Bomb, "exploded", True))


@pytest.fixture
def entries(settings: Settings) -> BaseCache:
    settings.CACHES = {"default": {"BACKEND": "recsite.database.cache.JsonDatabaseCache", "LOCATION": "cache"}}
    caches["default"].clear()
    return caches["default"]


def stored(key: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM cache WHERE cache_key = %s", [f":1:{key}"])
        (text,) = cursor.fetchone()
    return str(text)


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, True]}, "text", 7, [], b"\x00\xffbytes", {"file": b"x"}])
def test_a_value_comes_back(entries: BaseCache, value: object) -> None:
    entries.set("key", value)
    assert entries.get("key") == value
    assert entries.get_many(["key", "other"]) == {"key": value}


def test_what_has_no_form_in_json_is_refused(entries: BaseCache) -> None:
    with pytest.raises(TypeError, match="JSON"):
        entries.set("key", object())


def test_an_entry_with_a_pickle_is_missing_and_runs_nothing(entries: BaseCache) -> None:
    entries.set("key", "value")
    assert stored("key") == '"value"'
    bomb = base64.b64encode(pickle.dumps(Bomb())).decode()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cache SET value = %s", [bomb])
    assert entries.get("key", "default") == "default"
    assert not Bomb.exploded


def test_entries_expire_are_added_once_and_can_be_extended(entries: BaseCache) -> None:
    assert entries.add("key", 1, timeout=60)
    assert not entries.add("key", 2, timeout=60)
    assert entries.touch("key", timeout=-1)
    assert entries.get("key") is None
    assert not entries.touch("key", timeout=60)
    assert entries.add("key", 3, timeout=None)
    assert entries.get("key") == 3
    assert entries.incr("key") == 4
    assert entries.delete("key")
    assert entries.get("key") is None
