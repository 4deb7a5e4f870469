"""Real workers on each kind of broker: they train on request, and kills are detected."""

import hashlib
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from kombu import Connection, Queue

from benchmarks.support.processes import QUICK as QUICK_RETRAIN
from benchmarks.support.processes import Process, Site, copy_of, served, wait_until
from benchmarks.support.worlds import QUICK
from tests.support.environment import ON_POSTGRESQL, missing

pytestmark = pytest.mark.xdist_group("workers")

BROKERS = {
    "filesystem": "",
    "redis": os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15"),
    "rabbitmq": os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//"),
}
WORKER = ("-m", "celery", "--app", "recsite", "worker", "--concurrency", "1", "--loglevel", "INFO")
ASK = "from recommendations.training.dispatch import request_retraining; print(request_retraining(parameters={}).pk)"
ENDLESS = {**QUICK, "epochs": 1_000_000}
RUNS = "SELECT status, phase, error FROM recommendations_trainingrun ORDER BY id DESC"


@pytest.fixture(scope="module")
def quiet_site(ready_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with copy_of(ready_site, tmp_path_factory.mktemp("workers")) as site:
        # The scheduler has its own test.
        site.sql("UPDATE django_celery_beat_periodictask SET enabled = false")
        yield site


@pytest.fixture(params=["redis", "rabbitmq"] if ON_POSTGRESQL else ["filesystem"])
def site(quiet_site: Site, request: pytest.FixtureRequest) -> Iterator[Site]:
    """The site with one of the brokers that go with its database, and its own queue."""
    folder_broker = f"filesystem://{quiet_site.folder / 'broker'}"
    url = BROKERS[request.param] or folder_broker
    address = urlsplit(url)
    if address.port:
        try:
            socket.create_connection((address.hostname or "", address.port), timeout=2).close()
        except OSError:
            missing(f"{request.param} does not answer at {address.hostname}:{address.port}")
    queue = f"recsite-{os.getpid()}-{request.param}"
    quiet_site.environment |= {"CELERY_BROKER_URL": url, "CELERY_QUEUE": queue}
    quiet_site.sql("UPDATE recommendations_trainingrun SET status = 'failed' WHERE status IN ('queued', 'running')")
    yield quiet_site
    if address.port:
        with Connection(url) as connection:
            Queue(queue, channel=connection.default_channel).delete()


def worker(site: Site, *more: str) -> AbstractContextManager[Process]:
    return site.start(*WORKER, *more)


def ask(site: Site, config: dict[str, object]) -> None:
    site.query(ASK.replace("{}", repr({"config": config, "force": True})))


def latest(site: Site) -> tuple[str, str, str]:
    status, phase, error = site.sql(f"{RUNS} LIMIT 1")[0]
    return status, phase, error


@pytest.mark.database
def test_a_worker_executes_a_requested_run(site: Site) -> None:
    with worker(site) as process:
        process.wait_until_said("ready.")
        ask(site, QUICK)
        wait_until(lambda: latest(site)[0] not in ("queued", "running"))
    assert latest(site)[0] == "succeeded", process.said()
    assert site.sql("SELECT count(*) FROM recommendations_modelversion WHERE is_active") == [(1,)]


@pytest.mark.database
def test_a_run_requested_without_a_worker_is_done_later(site: Site) -> None:
    ask(site, QUICK)
    assert latest(site)[0] == "queued"
    with worker(site):
        wait_until(lambda: latest(site)[0] not in ("queued", "running"))
    assert latest(site)[0] == "succeeded"


@pytest.mark.database
def test_after_a_kill_the_run_is_failed_and_the_next_one_works(site: Site) -> None:
    with worker(site) as process:
        process.wait_until_said("ready.")
        ask(site, ENDLESS)
        wait_until(lambda: latest(site)[1] == "trial")
        process.kill()
    assert latest(site)[0] == "running"
    ask(site, QUICK)
    with worker(site):
        wait_until(lambda: latest(site)[0] not in ("queued", "running"))
    (status, _, _), (dead, _, error), *_ = site.sql(RUNS)
    assert (status, dead) == ("succeeded", "failed")
    assert "died during “trial”" in error


def readiness(address: str) -> dict[str, Any]:
    with urlopen(f"{address}/readyz", timeout=60) as response:  # noqa: S310
        details: dict[str, Any] = json.load(response)
    return details


@pytest.mark.database
def test_a_worker_replaces_a_version_that_it_cannot_read_at_its_first_start(site: Site) -> None:
    assert site.run("retrain", "--force", *QUICK_RETRAIN).returncode == 0
    [(old,)] = site.sql("SELECT name FROM recommendations_modelversion WHERE is_active")
    manifest = site.artifacts / old / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 5}))
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    site.sql(f"UPDATE recommendations_modelversion SET manifest_sha256 = '{digest}' WHERE name = '{old}'")  # noqa: S608
    runs_before = len(site.sql(RUNS))
    with served(site, DEBUG="on") as address:
        assert "cannot be opened" in readiness(address)["model"]["degraded"]
        with urlopen(address, timeout=60) as page:  # noqa: S310
            assert page.status == 200
        with worker(site) as process:
            process.wait_until_said("replaces the active version")
            wait_until(lambda: latest(site)[0] not in ("queued", "running"))
            assert latest(site)[0] == "succeeded", process.said()
        wait_until(lambda: not readiness(address)["model"]["degraded"])
    with worker(site) as process:
        process.wait_until_said("retrain_outdated")
        process.wait_until_said("succeeded in")
    assert len(site.sql(RUNS)) == runs_before + 1


@pytest.mark.database
def test_workers_export_all_lists(site: Site, tmp_path: Path) -> None:
    assert site.run("retrain", "--force", *QUICK_RETRAIN).returncode == 0
    shared, alone = (tmp_path / f"{name}.csv" for name in ("shared", "alone"))
    queued = site.run("recommend", "--all", "--queue", "--output", str(shared))
    assert queued.returncode == 0, queued.stderr
    assert not shared.exists()
    with worker(site), worker(site, "--hostname", "second@%h"):
        wait_until(shared.exists)
    site.run("recommend", "--all", "--output", str(alone))
    assert shared.read_text() == alone.read_text()


def test_the_embedded_scheduler_starts_a_retraining(quiet_site: Site) -> None:
    site = quiet_site
    site.environment |= {"CELERY_BROKER_URL": f"filesystem://{site.folder / 'clock'}", "CELERY_QUEUE": "clock"}
    before = len(site.sql(RUNS))
    # As an operator would in the admin: change the time and enable the task.
    now = time.gmtime(time.time() + 60)
    site.sql(f"UPDATE django_celery_beat_crontabschedule SET hour = '{now.tm_hour}', minute = '*'")  # noqa: S608
    site.sql("UPDATE django_celery_beat_periodictask SET enabled = true WHERE name = 'Retrain at night'")
    with worker(site, "--beat") as process:
        wait_until(lambda: len(site.sql(RUNS)) > before)
        process.kill()
    site.sql("UPDATE django_celery_beat_periodictask SET enabled = false")
