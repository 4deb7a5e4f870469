"""A client's socket that takes a response at once, however slowly the client reads it.

What the kernel does not take stays in memory; the event loop of `recsite.operations.gunicorn_worker` sends it after the
thread has gone.
"""

import errno
import os
import select
import socket
import time
from typing import Any

SECONDS = 20.0
RATE = 50_000
"""Bytes a second that a request or a response must have on average, beyond `SECONDS`."""
MOST_UNSENT = 4_000_000
"""Bytes of a response that wait in memory; beyond them, the thread waits for the client."""
PIECE = 262_144


def seconds_for(length: int) -> float:
    """Return the time that a client has for so many bytes."""
    return SECONDS + length / RATE


class ClientSocket(socket.socket):
    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(fileno=accepted.detach())
        self.unsent = bytearray()
        self.begin_response()

    def begin_response(self) -> None:
        self._started = time.monotonic()
        self._length = 0

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send what the kernel takes, and keep the rest; wait only while too much is kept.

        Raises
        ------
        BrokenPipeError
            If the client reads too slowly.
        """
        self.unsent += data
        self._length += len(data)
        self.send_more()
        while len(self.unsent) > MOST_UNSENT:
            left = self._started + seconds_for(self._length) - time.monotonic()
            writable = left > 0 and select.select([], [self], [], left)[1]
            if not writable:
                self.unsent.clear()
                raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
            self.send_more()

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send a file in pieces: the system's `sendfile` would wait for the client without a limit."""
        file.seek(offset)
        total = 0
        while data := file.read(PIECE if count is None else min(PIECE, count - total)):
            self.sendall(data)
            total += len(data)
        return total

    def send_more(self) -> None:
        """Send without waiting."""
        while self.unsent:
            with memoryview(self.unsent) as view, view[:PIECE] as piece:
                try:
                    sent = self.send(piece, socket.MSG_DONTWAIT)
                except (BlockingIOError, InterruptedError):
                    return
            del self.unsent[:sent]
