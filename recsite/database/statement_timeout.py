"""An end to waiting for a PostgreSQL server that has stopped answering without hanging up.

libpq waits for an answer for ever.  A thread of the process watches over every statement: whichever takes longer
than it may has its connection cut, and fails as it does when the server is gone.  The next request connects anew.
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

_LOOKS_EVERY = 0.5


class Watch:
    """Cuts what takes longer than it may."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[float, int]] = {}
        self._numbers = count()
        self._lock = threading.Lock()
        self._process = 0

    @contextlib.contextmanager
    def over(self, descriptor: int, seconds: float) -> Iterator[None]:
        """Cut the socket behind a descriptor if the block has not ended after so many seconds."""
        with self._lock:
            number = next(self._numbers)
            self._waiting[number] = (time.monotonic() + seconds, descriptor)
            self._start()
        try:
            yield
        finally:
            with self._lock:
                del self._waiting[number]

    def _start(self) -> None:
        # A thread does not come along when a process forks.
        if self._process != os.getpid():
            self._process = os.getpid()
            threading.Thread(target=self._look, name="patience", daemon=True).start()

    def _look(self) -> None:
        while True:
            time.sleep(_LOOKS_EVERY)
            with self._lock:
                late = [descriptor for end, descriptor in self._waiting.values() if end < time.monotonic()]
                for descriptor in late:
                    _cut(descriptor)


def _cut(descriptor: int) -> None:
    """End the connection behind a descriptor; its owner still closes it."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as copy:
        copy.shutdown(socket.SHUT_RDWR)


_watch = Watch()


def options(seconds: float) -> dict[str, Any]:
    """What to give to psycopg2 so that no statement, commit or rollback takes longer."""

    class PatientCursor(cursor):
        def execute(self, *args: Any, **kwargs: Any) -> None:
            with _watch.over(self.connection.fileno(), seconds):
                super().execute(*args, **kwargs)

    class PatientConnection(connection):
        def commit(self) -> None:
            self._patiently(super().commit)

        def rollback(self) -> None:
            self._patiently(super().rollback)

        def _patiently(self, step: Callable[[], None]) -> None:
            if self.closed:
                step()
                return
            with _watch.over(self.fileno(), seconds):
                step()

    return {"connection_factory": PatientConnection, "cursor_factory": PatientCursor}
