"""Pages come from the replica, one's own writes from the original, and nobody notices when the replica is gone."""

import contextlib
import shutil
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import psycopg2
import pytest
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

from tests.processes import Site, own_database, ready, served
from tests.worlds import FIRST_ID

pytestmark = [pytest.mark.database, pytest.mark.xdist_group("workers")]

PAGE = f"/movies/{FIRST_ID}/"


def rename(site: Site, title: str) -> None:
    site.sql(f"UPDATE movies_movie SET title = '{title}' WHERE id = {FIRST_ID}")  # noqa: S608 - our own words


class Browser:
    """Somebody who keeps cookies."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies)).open

    def get(self, path: str, **headers: str) -> str:
        request = urllib.request.Request(self.address + path, headers=headers)  # noqa: S310
        with self._open(request, timeout=60) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **fields: str) -> None:
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        data = urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        with self._open(self.address + path, data, timeout=60):
            pass

    def forget(self, name: str) -> None:
        for cookie in [cookie for cookie in self.cookies if cookie.name == name]:
            self.cookies.clear(cookie.domain, cookie.path, cookie.name)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("replicas")
    with own_database(folder) as url:
        yield ready(Site(folder, url))


@contextlib.contextmanager
def copied(url: str) -> Iterator[str]:
    """A copy of a database as it is now, which does not follow it."""
    copy = f"{url}_copy"
    if url.startswith("sqlite:///"):
        shutil.copy(url.removeprefix("sqlite:///"), copy.removeprefix("sqlite:///"))
        yield copy
        return
    connection = psycopg2.connect(url.rpartition("/")[0] + "/postgres")
    connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    name = url.rpartition("/")[2]
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"')
        try:
            yield copy
        finally:
            cursor.execute(f'DROP DATABASE "{name}_copy" WITH (FORCE)')


def test_who_has_written_reads_the_original(site: Site) -> None:
    rename(site, "As it was")
    url = site.environment["DATABASE_URL"]
    with copied(url) as replica:
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


def test_without_the_replica_the_original_is_read(site: Site, tmp_path: Path) -> None:
    nowhere = f"sqlite:///{tmp_path / 'no' / 'db'}"
    if site.environment["DATABASE_URL"].startswith("postgres"):
        nowhere = "postgres://postgres@127.0.0.1:1/nothing"
    rename(site, "The original")
    with served(site, "--workers", "1", DEBUG="on", REPLICA_URL=nowhere) as address:
        assert "The original" in Browser(address).get(PAGE)
