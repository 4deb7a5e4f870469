"""What a client does not read is kept and sent within limits of time and memory."""

import io
import selectors
import socket
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from gunicorn.config import Config

from recsite.operations import gunicorn_sockets, gunicorn_worker
from recsite.operations.gunicorn_sockets import MOST_UNSENT, ClientSocket
from recsite.operations.gunicorn_worker import BufferingWorker, Connection


@pytest.fixture
def pair() -> Iterator[tuple[ClientSocket, socket.socket]]:
    """The server's end of a connection, and that of a client that does not read yet."""
    server, client = socket.socketpair()
    with ClientSocket(server) as ours, client:
        yield ours, client


@pytest.fixture
def worker() -> Iterator[BufferingWorker]:
    """A worker without threads and listeners."""
    made = object.__new__(BufferingWorker)
    made.arriving, made.leaving, made.held, made.unsent, made._checked = {}, {}, 0, 0, 0.0
    made.alive, made.nr_conns, made.pending_conns, made.keepalived_conns = True, 1, deque(), deque()
    made.cfg = Config()
    with selectors.DefaultSelector() as made.poller:
        yield made


def leave(worker: BufferingWorker, sock: ClientSocket, kept: object = True) -> Connection:
    """Let the thread of a response go before the client has read it."""
    connection = Connection(Config(), sock, None, None)
    connection.begin(b"")
    connection.take()
    connection.rest = b""
    sock.sendall(bytes(1_000_000))
    result: Future[Any] = Future()
    result.set_result(kept)
    worker.finish_request(connection, result)
    return connection


def read(client: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        received += client.recv(length - len(received))
    return bytes(received)


def test_a_response_is_taken_at_once_and_sent_later(pair: tuple[ClientSocket, socket.socket]) -> None:
    ours, client = pair
    data = bytes(range(250)) * 10_000
    ours.sendall(data)
    assert ours.unsent
    received = b""
    while len(received) < len(data):
        received += client.recv(100_000)
        ours.send_more()
    assert received == data
    assert not ours.unsent


def test_a_thread_waits_for_a_slow_client_only_for_its_time(
    pair: tuple[ClientSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, _ = pair
    monkeypatch.setattr(gunicorn_sockets, "SECONDS", 0.0)
    monkeypatch.setattr(gunicorn_sockets, "RATE", 1e12)
    with pytest.raises(BrokenPipeError):
        ours.sendall(bytes(2 * MOST_UNSENT))
    assert not ours.unsent


@pytest.mark.parametrize(("offset", "count", "expected"), [(0, None, 600_000), (10, 300_000, 300_000), (0, 0, 0)])
def test_a_file_is_sent_in_pieces(
    pair: tuple[ClientSocket, socket.socket], offset: int, count: int | None, expected: int
) -> None:
    ours, client = pair
    content = bytes(range(200)) * 3_000
    assert ours.sendfile(io.BytesIO(content), offset, count) == expected
    client.setblocking(False)
    received = bytearray()
    while len(received) < expected:
        received += client.recv(1_000_000)
        ours.send_more()
    assert received == content[offset : offset + expected]


def test_the_event_loop_ends_a_response_that_is_read_too_slowly(
    pair: tuple[ClientSocket, socket.socket], worker: BufferingWorker
) -> None:
    connection = leave(worker, pair[0])
    assert list(worker.leaving) == [connection]
    assert worker.unsent == len(pair[0].unsent)
    worker.murder_pending()
    assert list(worker.leaving) == [connection]
    connection.deadline, worker._checked = 0.0, 0.0
    worker.murder_pending()
    assert (worker.leaving, worker.unsent, worker.nr_conns, pair[0].fileno()) == ({}, 0, 0, -1)


@pytest.mark.parametrize("kept", [True, False])
def test_the_event_loop_sends_the_rest_and_goes_on(
    pair: tuple[ClientSocket, socket.socket], worker: BufferingWorker, kept: bool
) -> None:
    connection = leave(worker, pair[0], kept)
    pair[1].setblocking(True)
    received = 0
    while worker.leaving:
        received += len(pair[1].recv(100_000))
        worker.wait_for_and_dispatch_events(0)
    received += len(read(pair[1], 1_000_000 - received))
    assert received == 1_000_000
    assert (list(worker.keepalived_conns), list(worker.arriving)) == (
        ([connection], []) if kept else ([], [connection])
    )
    assert connection.refused != kept
    assert (worker.unsent, worker.nr_conns) == (0, 1)


def test_a_process_holds_a_limited_number_of_unsent_bytes(
    pair: tuple[ClientSocket, socket.socket], worker: BufferingWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gunicorn_worker, "MOST_UNSENT", 1_000)
    leave(worker, pair[0])
    assert (worker.leaving, worker.unsent, worker.nr_conns, pair[0].fileno()) == ({}, 0, 0, -1)
