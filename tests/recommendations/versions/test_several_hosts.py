"""Two web hosts and a worker host that share only PostgreSQL, Redis and a bucket of versions."""

import http.cookiejar
import json
import os
import re
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from benchmarks.support.processes import Process, Site, copy_of, wait_until
from benchmarks.support.visitors import Visitors
from benchmarks.support.worlds import FIRST_ID, QUICK
from tests.recommendations.training.test_workers import BROKERS, WORKER
from tests.recommendations.versions.test_storage import BUCKET, bucket_server
from tests.support.environment import missing, postgresql_only

pytestmark = [
    pytest.mark.database,
    pytest.mark.xdist_group("workers"),
    pytest.mark.long,
    postgresql_only("hosts cannot share an SQLite file"),
]

ASK = f"""
from recommendations.training.dispatch import request_retraining
request_retraining(parameters={{'config': {QUICK}, 'force': True}})
"""
ACTIVE = "SELECT name FROM recommendations_modelversion WHERE is_active"
PASSWORD = "lovelace-1815"
MEMBERS = f"""
from knox.models import AuthToken
for name in ("ada", "ben"):
    user = User.objects.create_user(name, password="{PASSWORD}")
    print(AuthToken.objects.create(user=user)[1])
"""
ANONYMOUS = 4
"""Daily API requests allowed per IP address."""
COUNTED = "*throttle-anon-127.0.0.1-*"


class Host:
    """A web host with its own artifact folder and its own gunicorn."""

    def __init__(self, site: Site, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.site = site
        self.folder = folder
        self.address = f"http://127.0.0.1:{self.port}"
        more = {"BIND": f"127.0.0.1:{self.port}", "RECOMMENDER_ARTIFACTS": str(folder), "WEB_CONCURRENCY": "1"}
        self.start = site.start("-m", "gunicorn", **more, ALLOWED_HOSTS="127.0.0.1", DEBUG="on")
        self.token = self.session = ""
        self.movies: list[int] = []
        self.paths: list[str] = []

    def ask(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **({"Authorization": f"Token {self.token}"} if body else {})}
        request = urllib.request.Request(f"{self.address}{path}", data, headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return json.load(answer)

    def answers(self) -> bool:
        try:
            return bool(self.ask("/readyz")["ready"])
        except OSError:
            return False

    def version(self) -> str | None:
        version: str | None = self.ask("/readyz")["model"]["version"]
        return version

    def serves(self, name: str) -> bool:
        return self.version() == name

    def ratings(self) -> dict[int, int]:
        """Half stars by movie of the visitors' ratings; each movie is rated on one host only."""
        query = f"SELECT movie_id, half_stars FROM movies_rating WHERE user_id < {FIRST_ID}"  # noqa: S608
        return dict(self.site.sql(query))


@pytest.fixture
def site(ready_site: Site, tmp_path: Path) -> Iterator[Site]:
    try:
        socket.create_connection(("127.0.0.1", 6379), timeout=2).close()
    except OSError:
        missing("Redis does not answer at 127.0.0.1:6379")
    # Start the bucket server first: the site reads its address from the environment.
    with bucket_server(), copy_of(ready_site, tmp_path) as site:
        shared = {"REDIS_URL": BROKERS["redis"], "CELERY_BROKER_URL": BROKERS["redis"]}
        shared |= {"RECOMMENDER_STORE": f"s3://{BUCKET}/hosts", "CELERY_QUEUE": f"recsite-{os.getpid()}-hosts"}
        site.environment |= shared | {"API_RATE_ANONYMOUS": f"{ANONYMOUS}/day", "API_RATE_USER": "1000000/min"}
        yield site


@pytest.fixture
def worker(site: Site, tmp_path: Path) -> Iterator[Process]:
    with site.start(*WORKER, RECOMMENDER_ARTIFACTS=str(tmp_path / "worker")) as process:
        yield process


@pytest.fixture
def hosts(site: Site, tmp_path: Path) -> Iterator[tuple[Host, Host]]:
    one, two = (Host(site, tmp_path / f"web-{number}") for number in (1, 2))
    with one.start, two.start:
        tokens = site.query(MEMBERS).split()
        for host, token, first in zip((one, two), tokens, (FIRST_ID, FIRST_ID + 20), strict=True):
            wait_until(host.answers)
            host.token, host.movies = token, list(range(first, first + 20))
            api = ["me/recommendations/", f"movies/{first}/similar/"]
            host.paths = ["/", f"/movies/{first}/", "/recommendations/", *(f"/api/v1/{path}" for path in api)]
        yield one, two


def publish(site: Site) -> str:
    """Let the worker publish a version; return its name once it is active."""
    before = site.sql(ACTIVE)
    site.query(ASK)
    wait_until(lambda: site.sql(ACTIVE) != before)
    return str(site.sql(ACTIVE)[0][0])


def preview(host: Host) -> Any:
    ratings = [{"movie": FIRST_ID + place, "stars": 5} for place in range(3)]
    return host.ask("/api/v1/recommendations/preview/", {"ratings": ratings})


def sign_in(host: Host, name: str) -> str:
    """Sign in and return the session key."""
    cookies = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    form = browser.open(f"{host.address}/accounts/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token
    fields = {"login": name, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    browser.open(f"{host.address}/accounts/login/", urllib.parse.urlencode(fields).encode())
    return next(str(cookie.value) for cookie in cookies if cookie.name == "sessionid")


def is_signed_in(host: Host, session: str) -> bool:
    headers = {"Cookie": f"sessionid={session}"}
    request = urllib.request.Request(f"{host.address}/recommendations/", headers=headers)  # noqa: S310
    return "/login/" not in urllib.request.urlopen(request).url  # noqa: S310


def status(host: Host) -> int:
    """The status of an anonymous API request."""
    try:
        return int(urllib.request.urlopen(f"{host.address}/api/v1/movies/").status)  # noqa: S310
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.usefixtures("worker")
def test_all_hosts_serve_a_published_version(site: Site, hosts: tuple[Host, Host], tmp_path: Path) -> None:
    one, two = hosts
    assert (one.version(), two.version()) == (None, None)
    first = publish(site)
    for host in hosts:
        wait_until(partial(host.serves, first))
    with ExitStack() as stack:
        one.session, two.session = sign_in(two, "ada"), sign_in(one, "ben")
        readers = [stack.enter_context(Visitors(host)) for host in hosts]
        second = publish(site)
        for host in hosts:
            wait_until(partial(host.serves, second))
        assert preview(one) == preview(two)
        assert preview(one)["version"] == second
    for visitors in readers:
        assert {answer.status for answer in visitors.answers} <= {200, 201}
        assert len(visitors.rated) == 20
        assert visitors.report(database_fails=False).passed
    for folder in (one.folder, two.folder, tmp_path / "worker"):
        assert {path.name for path in folder.glob("[!.]*")} == {first, second}


def test_sessions_and_throttles_are_shared_between_hosts(site: Site, hosts: tuple[Host, Host]) -> None:
    one, two = hosts
    session = sign_in(one, "ada")
    # The session remains in Redis.
    site.sql("DELETE FROM django_session")
    assert is_signed_in(two, session)
    assert not is_signed_in(two, "guessed")
    with redis.from_url(BROKERS["redis"]) as server:
        for key in server.scan_iter(COUNTED):
            server.delete(key)
        statuses = [status(host) for host in (one, two) * ANONYMOUS]
        assert statuses == [200] * ANONYMOUS + [429] * ANONYMOUS
        assert len(list(server.scan_iter(COUNTED))) == 1
