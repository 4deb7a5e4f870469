"""Requesting a retraining while the broker does not answer."""

import socket
from collections.abc import Iterator

import pytest

from benchmarks.support.processes import Site

pytestmark = pytest.mark.slow

REQUEST = """
import time
from django.core.management import call_command
from recommendations.training.dispatch import BrokerUnavailableError, request_retraining
call_command("migrate", verbosity=0)
started = time.monotonic()
try:
    request_retraining()
except BrokerUnavailableError as error:
    print(time.monotonic() - started, TrainingRun.objects.get().status, error)
"""
WITHIN = 3.0


@pytest.fixture
def silent_port() -> Iterator[int]:
    """The port of a server that accepts every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port(silent_port: int) -> int:
    """A port on which no server listens any more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("kind", ["redis", "amqp"])
@pytest.mark.parametrize("fault", ["silent_port", "closed_port"])
def test_a_broker_that_does_not_answer_is_reported_within_seconds(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, kind: str, fault: str
) -> None:
    folder = tmp_path_factory.mktemp("queueing")
    site = Site(folder, f"sqlite:///{folder / 'db.sqlite3'}")
    site.environment["CELERY_BROKER_URL"] = f"{kind}://127.0.0.1:{request.getfixturevalue(fault)}//"
    seconds, status, *error = site.query(REQUEST).split()
    assert float(seconds) < WITHIN
    assert status == "failed"
    assert " ".join(error).startswith("The broker does not answer")
