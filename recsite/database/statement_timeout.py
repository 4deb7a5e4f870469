"""A client-side statement timeout for PostgreSQL servers that stop responding but keep the connection open.

libpq waits for a response for ever. A watchdog thread in each process shuts down the socket of a statement that
exceeds its limit; the statement then fails as if the server were gone, and the next request opens a new connection.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from psycopg2.extensions import connection, cursor

_CHECK_SECONDS = 0.5


class Watchdog:
    """Shut down the sockets of operations that exceed their time limit."""

    def __init__(self) -> None:
        self._pending: dict[int, tuple[float, int]] = {}
        self._keys = count()
        self._lock = threading.Lock()
        self._process = 0

    @contextlib.contextmanager
    def limit(self, descriptor: int, seconds: float) -> Iterator[None]:
        """Shut down the socket of a file descriptor if the block runs longer than `seconds`."""
        with self._lock:
            key = next(self._keys)
            self._pending[key] = (time.monotonic() + seconds, descriptor)
            self._start()
        try:
            yield
        finally:
            with self._lock:
                del self._pending[key]

    def _start(self) -> None:
        # Threads do not survive a fork.
        if self._process != os.getpid():
            self._process = os.getpid()
            threading.Thread(target=self._check, name="statement-timeout", daemon=True).start()

    def _check(self) -> None:
        while True:
            time.sleep(_CHECK_SECONDS)
            with self._lock:
                late = [descriptor for end, descriptor in self._pending.values() if end < time.monotonic()]
                for descriptor in late:
                    _shut_down(descriptor)


def _shut_down(descriptor: int) -> None:
    """Shut down the connection of a file descriptor; its owner still closes it."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as copy:
        copy.shutdown(socket.SHUT_RDWR)


_watchdog = Watchdog()


def options(seconds: float) -> dict[str, Any]:
    """Return psycopg2 connection options that limit every statement, commit and rollback to `seconds`."""

    class TimedCursor(cursor):
        def execute(self, *args: Any, **kwargs: Any) -> None:
            with _watchdog.limit(self.connection.fileno(), seconds):
                super().execute(*args, **kwargs)

    class TimedConnection(connection):
        def commit(self) -> None:
            self._timed(super().commit)

        def rollback(self) -> None:
            self._timed(super().rollback)

        def _timed(self, step: Callable[[], None]) -> None:
            if self.closed:
                step()
                return
            with _watchdog.limit(self.fileno(), seconds):
                step()

    return {"connection_factory": TimedConnection, "cursor_factory": TimedCursor}
