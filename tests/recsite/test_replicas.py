"""Pages are read from the replica, from the primary after a write, and from the primary when the replica is down."""

import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest

from benchmarks.support.processes import Site, copy_of, own_database, served
from benchmarks.support.worlds import FIRST_ID
from tests.support.environment import postgresql_only

pytestmark = [
    pytest.mark.database,
    pytest.mark.xdist_group("workers"),
    postgresql_only("an SQLite file has no replica"),
]

PAGE = f"/movies/{FIRST_ID}/"


def rename(site: Site, title: str) -> None:
    site.sql(f"UPDATE movies_movie SET title = '{title}' WHERE id = {FIRST_ID}")  # noqa: S608 - constants


class Browser:
    """A client that keeps cookies."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies)).open

    def get(self, path: str, **headers: str) -> str:
        request = urllib.request.Request(self.address + path, headers=headers)  # noqa: S310
        with self._open(request, timeout=60) as response:
            return str(response.read().decode())

    def post(self, path: str, **fields: str) -> None:
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        data = urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        with self._open(self.address + path, data, timeout=60):
            pass

    def forget(self, name: str) -> None:
        for cookie in [cookie for cookie in self.cookies if cookie.name == name]:
            self.cookies.clear(cookie.domain, cookie.path, cookie.name)


@pytest.fixture(scope="module")
def site(ready_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with copy_of(ready_site, tmp_path_factory.mktemp("replicas")) as site:
        yield site


def test_reads_after_a_write_go_to_the_primary(site: Site, tmp_path: Path) -> None:
    rename(site, "As it was")
    with own_database(tmp_path, site.environment["DATABASE_URL"]) as replica:
        rename(site, "As it is")
        with served(site, "--workers", "1", DEBUG="on", REPLICA_URL=replica) as address:
            visitor, member = Browser(address), Browser(address)
            assert "As it was" in visitor.get(PAGE)
            assert "As it is" in visitor.get(PAGE, Authorization="Token nobody")
            member.get("/accounts/signup/")
            member.post("/accounts/signup/", username="ada", password1="lovelace-1815")
            assert "As it is" in member.get(PAGE)
            member.post(f"{PAGE}rate/", half_stars="7")
            assert site.sql("SELECT count(*) FROM movies_rating WHERE half_stars = 7")[0][0] == 1
            assert "3.5" in member.get("/ratings/")
            member.forget("wrote")
            assert "As it was" in member.get(PAGE)
            assert "ada" in member.get(PAGE)


def test_reads_go_to_the_primary_when_the_replica_is_down(site: Site) -> None:
    unreachable = "postgres://postgres@127.0.0.1:1/nothing"
    rename(site, "The primary")
    with served(site, "--workers", "1", DEBUG="on", REPLICA_URL=unreachable) as address:
        assert "The primary" in Browser(address).get(PAGE)
