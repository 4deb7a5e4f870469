"""Slow clients and large bodies hold no thread of the server, without a proxy in front of it."""

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import numpy as np
import pytest

from benchmarks.slow_clients import HEAD, large_bodies, send_large, slow_clients, times
from benchmarks.support.processes import Site, copy_of, served

pytestmark = pytest.mark.xdist_group("slow clients")
SETTINGS = {"HTTPS": "off", "API_RATE_ANONYMOUS": "1000000/min"}
GET = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def address(ready_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """One process with two threads."""
    with (
        copy_of(ready_site, tmp_path_factory.mktemp("slow")) as site,
        served(site, "--workers", "1", "--threads", "2", **SETTINGS) as url,
    ):
        parts = urlsplit(url)
        yield str(parts.hostname), int(parts.port or 0)


@contextlib.contextmanager
def client(address: tuple[str, int], data: bytes) -> Iterator[socket.socket]:
    with contextlib.closing(socket.create_connection(address, timeout=30)) as connection:
        connection.sendall(data)
        yield connection


def answer(connection: socket.socket) -> bytes:
    """Read one response, whatever its length, until the server closes or is silent."""
    received = b""
    connection.settimeout(2)
    with contextlib.suppress(TimeoutError):
        while data := connection.recv(65536):
            received += data
    return received


def test_a_normal_client_does_not_notice_slow_ones(address: tuple[str, int]) -> None:
    paths = ("/api/v1/movies/", "/livez")
    alone = {path: times(*address, path, 3) for path in paths}
    with slow_clients(*address), large_bodies(*address) as statuses:
        time.sleep(0.5)
        beside = {path: times(*address, path, 5) for path in paths}
    assert set(statuses) == {413}
    # A busy machine has pauses of its own, so single ones do not count; a blocked thread would last for seconds.
    assert np.quantile(beside["/api/v1/movies/"], 0.9) <= 2 * np.quantile(alone["/api/v1/movies/"], 0.9) + 50
    assert np.quantile(beside["/livez"], 0.9) <= 100


@pytest.mark.parametrize("announced", [10_000_001, 600_000_000, 10**14])
def test_a_large_body_is_refused_before_it_is_read(address: tuple[str, int], announced: int) -> None:
    started = time.monotonic()
    assert send_large(*address, announced) == 413
    assert time.monotonic() - started < 2


def test_a_body_without_a_length_is_refused(address: tuple[str, int]) -> None:
    with client(address, HEAD + b"Transfer-Encoding: chunked\r\n\r\n1000000\r\n") as connection:
        assert answer(connection).startswith(b"HTTP/1.1 411 ")


def test_an_unfinished_request_is_answered_after_its_time(address: tuple[str, int]) -> None:
    with client(address, GET) as connection:
        connection.settimeout(30)
        assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_a_huge_head_is_refused(address: tuple[str, int]) -> None:
    with client(address, GET + b"X-Long: " + b"x" * 80_000) as connection:
        assert answer(connection).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_request_may_come_in_pieces(address: tuple[str, int], step: int) -> None:
    whole = GET + b"Connection: close\r\n\r\n"
    with client(address, b"") as connection:
        for start in range(0, len(whole), step):
            connection.sendall(whole[start : start + step])
            time.sleep(0.002)
        assert answer(connection).startswith(b"HTTP/1.1 200 ")


def test_pipelined_and_kept_connections_are_answered_in_order(address: tuple[str, int]) -> None:
    with client(address, (GET + b"\r\n") * 3) as connection:
        assert answer(connection).count(b"HTTP/1.1 200 ") == 3
        connection.sendall(GET + b"\r\n")
        assert answer(connection).count(b"HTTP/1.1 200 ") == 1


@pytest.mark.parametrize("framing", ["length", "expect"])
def test_bodies_reach_the_view_whole(address: tuple[str, int], framing: str) -> None:
    body = json.dumps({"ratings": [], "n": 0, "pad": "x" * 300_000}).encode()
    head = HEAD + b"Connection: close\r\n"
    expect = b"Expect: 100-continue\r\n" if framing == "expect" else b""
    data = head + expect + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with client(address, data) as connection:
        received = answer(connection)
    assert received.count(b"HTTP/1.1 100 ") == (framing == "expect")
    assert b"HTTP/1.1 400 " in received, received[:500]
    assert b'"attr":"n"' in received


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"Content-Length: -5\r\n\r\n",
        b"Content-Length: +5\r\n\r\nhello",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length : 5\r\n\r\nhello",
    ],
)
def test_ambiguous_framing_ends_the_connection(address: tuple[str, int], head: bytes) -> None:
    with client(address, HEAD + head + GET + b"\r\n") as connection:
        received = answer(connection)
    assert received.startswith(b"HTTP/1.1 400 "), received[:300]
    assert received.count(b"HTTP/1.1 ") == 1


SCHEMA = b"GET /api/v1/schema/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@contextlib.contextmanager
def slow_readers(address: tuple[str, int], count: int, end: bytes = b"\r\n") -> Iterator[list[socket.socket]]:
    """Ask for a large answer on several connections with small buffers, and do not read it."""
    with contextlib.ExitStack() as stack:
        readers = []
        for _ in range(count):
            reader = stack.enter_context(contextlib.closing(socket.socket()))
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            reader.settimeout(60)
            reader.connect(address)
            reader.sendall(SCHEMA + end)
            readers.append(reader)
        yield readers


def test_clients_that_do_not_read_hold_no_thread(address: tuple[str, int]) -> None:
    fast = http.client.HTTPConnection(*address, timeout=60)
    with contextlib.closing(fast):
        fast.request("GET", "/api/v1/schema/")
        whole = fast.getresponse().read()
    with slow_readers(address, 8) as readers:
        for _ in range(3):
            with client(address, GET + b"Connection: close\r\n\r\n") as connection:
                assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        # What they did not read comes once they do, and their connections go on.
        for reader in (readers[0], readers[-1]):
            response = http.client.HTTPResponse(reader)
            response.begin()
            assert response.read() == whole
            reader.sendall(GET + b"\r\n")
            assert reader.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_clients_that_do_not_close_hold_nothing(address: tuple[str, int]) -> None:
    """gunicorn waits two seconds for each of them in the event loop."""
    with contextlib.ExitStack() as stack:
        data = GET + b"Connection: close\r\n\r\n"
        connections = [stack.enter_context(client(address, data)) for _ in range(40)]
        assert connections[-1].recv(1000).startswith(b"HTTP/1.1 200 ")


def test_the_id_of_a_request_is_kept(address: tuple[str, int]) -> None:
    connection = http.client.HTTPConnection(*address, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", "/livez", headers={"X-Request-Id": "abcdef-0123"})
        assert connection.getresponse().getheader("X-Request-Id") == "abcdef-0123"
