"""Two web hosts and a worker host with nothing in common but PostgreSQL, Redis and a store of versions."""

import json
import os
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.environment import missing
from tests.processes import Process, Site, own_database, ready, wait_until
from tests.test_workers import BROKERS, WORKER
from tests.worlds import FIRST_ID, QUICK

pytestmark = [pytest.mark.database, pytest.mark.xdist_group("workers")]

WITHIN = 5.0
"""Seconds after its activation in which every process serves a version."""
ASK = f"from recommendations.queueing import request_retraining; request_retraining(parameters={{'config': {QUICK}}})"
ACTIVE = "SELECT name FROM recommendations_modelversion WHERE is_active"


class Host:
    """A web host: its own folder of copies, its own gunicorn."""

    def __init__(self, site: Site, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.folder = folder
        more = {"BIND": f"127.0.0.1:{self.port}", "RECOMMENDER_ARTIFACTS": str(folder), "WEB_CONCURRENCY": "1"}
        self.start = site.start("-m", "gunicorn", **more, ALLOWED_HOSTS="127.0.0.1")

    def ask(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return json.load(answer)

    def answers(self) -> bool:
        try:
            return bool(self.ask("/readyz")["ready"])
        except OSError:
            return False

    def version(self) -> str | None:
        found: str | None = self.ask("/readyz")["model"]["version"]
        return found

    def serves(self, name: str) -> bool:
        return self.version() == name


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    if not os.environ["DATABASE_URL"].startswith("postgres"):
        pytest.skip("hosts cannot share an SQLite file")
    try:
        socket.create_connection(("127.0.0.1", 6379), timeout=2).close()
    except OSError:
        missing("Redis does not answer at 127.0.0.1:6379")
    with own_database(tmp_path) as url:
        site = Site(tmp_path, url)
        redis = {"REDIS_URL": BROKERS["redis"], "CELERY_BROKER_URL": BROKERS["redis"]}
        queue = f"recsite-{os.getpid()}-hosts"
        site.environment |= redis | {"CELERY_QUEUE": queue, "RECOMMENDER_STORE": f"file://{tmp_path / 'store'}"}
        yield ready(site)


def preview(host: Host) -> Any:
    ratings = [{"movie": FIRST_ID + place, "stars": 5} for place in range(3)]
    return host.ask("/api/v1/recommendations/preview/", {"ratings": ratings})


def test_what_is_published_once_is_served_everywhere(site: Site, tmp_path: Path) -> None:
    hosts = [Host(site, tmp_path / f"web-{number}") for number in (1, 2)]
    with ExitStack() as stack:
        worker: Process = stack.enter_context(site.start(*WORKER, RECOMMENDER_ARTIFACTS=str(tmp_path / "worker")))
        for host in hosts:
            stack.enter_context(host.start)
            wait_until(host.answers)
            assert host.version() is None
        site.query(ASK)
        wait_until(lambda: bool(site.sql(ACTIVE)))
        activated, name = time.monotonic(), site.sql(ACTIVE)[0][0]
        for host in hosts:
            wait_until(partial(host.serves, name), WITHIN)
        assert time.monotonic() - activated < WITHIN, worker.said()
        answers = [preview(host) for host in hosts]
        assert answers[0] == answers[1]
        assert answers[0]["version"] == name
    for folder in (*(host.folder for host in hosts), tmp_path / "store", tmp_path / "worker"):
        assert [path.name for path in folder.glob("[!.]*")] == [name]
