"""A gunicorn worker whose threads wait for no client.

gunicorn's gthread reads the head and the body in a thread, and sends the response there, without a time limit: as many
slow clients as there are threads stop the worker, and bodies of any size reach the disk. Here the event loop reads
every request into memory, with deadlines and limits, and answers 408, 411, 413, 431 or 503 itself; threads only see
complete requests. It also sends the part of a response that the client does not take at once, and waits for clients
that do not close a finished connection.
"""

import contextlib
import errno
import os
import re
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn import http
from gunicorn.http.unreader import IterUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from recsite.operations.gunicorn_sockets import ClientSocket, seconds_for

HEAD_SECONDS = 10.0
MOST_HEAD = 65_536
MOST_BODY = int(os.environ.get("WEB_MAX_BODY", "10000000"))
MOST_HELD = 8 * MOST_BODY
"""Bytes of bodies that a process holds; beyond it, large ones are answered 503."""
MOST_UNSENT = 64_000_000
"""Bytes of finished responses that a process holds; beyond it, the oldest is cut off."""
SMALL = 65_536
PIECE = 65_536
LINGER_SECONDS = 2.0
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,15})[ \t]*\r$", re.IGNORECASE | re.MULTILINE)
_LENGTHS = re.compile(rb"^content-length", re.IGNORECASE | re.MULTILINE)
_CODED = re.compile(rb"^transfer-encoding", re.IGNORECASE | re.MULTILINE)
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)


class RefusedError(Exception):
    """The request is answered with this status before it is complete."""

    def __init__(self, status: HTTPStatus) -> None:
        self.status = status


class Connection(TConn):
    """A client's connection and the part of its next request that has arrived."""

    parser: Any
    sock: ClientSocket
    rest: bytes
    finish: Callable[[], None]

    def begin(self, data: bytes) -> None:
        self.data = bytearray(data)
        self.deadline = time.monotonic() + HEAD_SECONDS
        self.head = self.end = self.reserved = 0
        self.refused = False

    def is_complete(self) -> bool:
        """Return whether the whole request is here; raise `RefusedError` if it may not be."""
        if not self.head and not self._read_head():
            return False
        return len(self.data) >= self.end

    def _read_head(self) -> bool:
        end = self.data.find(b"\r\n\r\n", 0, MOST_HEAD) + 4
        if end < 4:
            if len(self.data) > MOST_HEAD:
                raise RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return False
        head = bytes(self.data[:end])
        lengths = _LENGTH.findall(head)
        if _CODED.search(head) and not _LENGTHS.search(head):
            # Django takes a body without a length as empty.
            raise RefusedError(HTTPStatus.LENGTH_REQUIRED)
        # gunicorn refuses a head with several or malformed lengths without reading further.
        length = int(lengths[0]) if len(lengths) == len(_LENGTHS.findall(head)) == 1 else 0
        if length > MOST_BODY:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if _EXPECT.search(head) and length:
            with contextlib.suppress(OSError):
                self.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            head = _EXPECT.sub(b"", head)
            self.data[:end] = head
        self.head = len(head)
        self.end = self.head + length
        self.deadline = time.monotonic() + seconds_for(length)
        return True

    def take(self) -> bytes:
        """Give the complete request to the parser, and return what has arrived of the next one."""
        request, rest = self.data[: self.end], bytes(self.data[self.end :])
        self.data = bytearray()
        if self.parser is None:
            self.initialized = True
            self.parser = http.get_parser(self.cfg, self.sock, self.client)
        self.parser.unreader = IterUnreader(_pieces(request))
        return rest


def _pieces(data: bytearray) -> Iterator[bytes]:
    for start in range(0, len(data), PIECE):
        yield bytes(data[start : start + PIECE])


class BufferingWorker(ThreadWorker):
    """gthread whose event loop reads the requests. TLS ends at a proxy: with certificates it is plain gthread."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arriving: dict[Connection, None] = {}
        self.leaving: dict[Connection, None] = {}
        self.held = self.unsent = 0
        self._checked = 0.0

    def accept(self, listener: socket.socket) -> None:
        if self.cfg.is_ssl:
            super().accept(listener)
            return
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections and (waiting := self.arriving or self.leaving):
            self._drop(next(iter(waiting)))
        self._await_request(Connection(self.cfg, ClientSocket(client), address, listener.getsockname()))

    def _await_request(self, conn: Connection, data: bytes = b"") -> None:
        conn.begin(data)
        conn.sock.setblocking(False)
        self.arriving[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive, conn))
        if data:
            self._examine(conn)

    def _receive(self, conn: Connection, client: socket.socket) -> None:
        if conn not in self.arriving:
            return
        try:
            data = client.recv(PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._drop(conn)
        elif not conn.refused:
            conn.data += data
            self._examine(conn)

    def _examine(self, conn: Connection) -> None:
        try:
            complete = conn.is_complete()
            self._reserve(conn)
        except RefusedError as refused:
            self._refuse(conn, refused.status)
            return
        if complete:
            del self.arriving[conn]
            self.poller.unregister(conn.sock)
            conn.rest = conn.take()
            self.enqueue_req(conn)

    def _reserve(self, conn: Connection) -> None:
        """Count the bytes of a request from its head to its response."""
        bytes_held = max(conn.end, len(conn.data))
        if bytes_held > SMALL and self.held + bytes_held - conn.reserved > MOST_HELD:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE)
        self.held += bytes_held - conn.reserved
        conn.reserved = bytes_held

    def _refuse(self, conn: Connection, status: HTTPStatus) -> None:
        """Answer, and discard for a while what the client still sends, else it would see a reset and no answer."""
        head = f"HTTP/1.1 {status} {status.phrase}\r\nConnection: close\r\nContent-Type: text/plain\r\n"
        retry = "Retry-After: 5\r\n" if status == HTTPStatus.SERVICE_UNAVAILABLE else ""
        self._release(conn)
        with contextlib.suppress(OSError):
            conn.sock.send(f"{head}{retry}Content-Length: {len(status.phrase)}\r\n\r\n{status.phrase}".encode())
        self._linger(conn)

    def _linger(self, conn: Connection) -> None:
        conn.data, conn.refused, conn.deadline = bytearray(), True, time.monotonic() + LINGER_SECONDS
        with contextlib.suppress(OSError):
            conn.sock.shutdown(socket.SHUT_WR)

    def _drop(self, conn: Connection) -> None:
        self.arriving.pop(conn, None)
        if conn in self.leaving:
            self._leave(conn)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self._release(conn)
        self.nr_conns -= 1
        conn.close()

    def _release(self, conn: Connection) -> None:
        self.held -= conn.reserved
        conn.reserved = 0

    def murder_pending(self) -> None:
        """End the connections whose time is up; gthread calls it after each round of events."""
        super().murder_pending()
        now = time.monotonic()
        if now - self._checked < 0.2:
            return
        self._checked = now
        for conn in list(self.arriving):
            if conn.deadline > now and (self.alive or conn.data or conn.refused):
                continue
            if conn.data and not conn.refused:
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT)
            else:
                self._drop(conn)
        for conn in [conn for conn in self.leaving if conn.deadline <= now]:
            self._drop(conn)

    def handle(self, conn: TConn) -> Any:
        if isinstance(conn, Connection):
            conn.sock.begin_response()
        return super().handle(conn)

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        if not isinstance(conn, Connection):
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_request(conn)

    def finish_request(self, conn: TConn, result: "Future[Any]") -> None:
        if not isinstance(conn, Connection):
            super().finish_request(conn, result)
            return
        self._release(conn)
        conn.finish = partial(self._finish, conn, result)
        if not conn.sock.unsent:
            conn.finish()
            return
        conn.sock.setblocking(False)
        conn.deadline = time.monotonic() + seconds_for(len(conn.sock.unsent))
        conn.reserved = len(conn.sock.unsent)
        self.unsent += conn.reserved
        self.leaving[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_WRITE, partial(self._send_more, conn))
        while self.unsent > MOST_UNSENT:
            self._drop(next(iter(self.leaving)))

    def _send_more(self, conn: Connection, client: socket.socket) -> None:
        if conn not in self.leaving:
            return
        try:
            conn.sock.send_more()
        except OSError:
            self._drop(conn)
            return
        if not conn.sock.unsent:
            self.poller.unregister(conn.sock)
            self._leave(conn)
            conn.finish()

    def _leave(self, conn: Connection) -> None:
        del self.leaving[conn]
        self.unsent -= conn.reserved
        conn.reserved = 0

    def _finish(self, conn: Connection, result: "Future[Any]") -> None:
        """Await the next request, or the end of the connection, without gunicorn's wait for it in the event loop."""
        kept = not result.cancelled() and not result.exception() and result.result()
        if kept and conn.parser.unreader.buf.getvalue():
            # gunicorn found the end of the request earlier: what follows cannot be trusted.
            self.nr_conns -= 1
            conn.close()
        elif kept and conn.rest:
            self._await_request(conn, conn.rest)
        elif kept:
            super().finish_request(conn, result)
        elif conn.sock.fileno() < 0:
            self.nr_conns -= 1
        else:
            self._await_request(conn)
            self._linger(conn)
