"""A load generator: clients that send requests at full speed or at a given rate, and record the responses."""

import http.client
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]


@dataclass
class Load:
    """Measurements per response: response time, the server's processor microseconds, start time, and status."""

    seconds: list[float] = field(default_factory=list)
    processor: list[int] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    duration: float = 0.0

    def add(self, at: float, seconds: float, processor: int, status: int) -> None:
        self.at.append(at)
        self.seconds.append(seconds)
        self.processor.append(processor)
        self.statuses.append(status)

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.duration

    @property
    def failed(self) -> int:
        return sum(status != 200 for status in self.statuses)

    def milliseconds(self, quantile: float, first: float = 0.0, end: float = float("inf")) -> float:
        chosen = [s for s, at in zip(self.seconds, self.at, strict=True) if first <= at < end]
        return 1000 * float(np.quantile(chosen, quantile)) if chosen else float("nan")

    def processor_ms(self, quantile: float = 0.5) -> float:
        return float(np.quantile(self.processor, quantile)) / 1000


def run_load(
    port: int,
    requests: Sequence[Request],
    *,
    clients: int,
    seconds: float,
    rate: float | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> Load:
    """Send requests in turn from `clients` clients for `seconds`, at `rate` requests per second in total if given.

    Each request opens a connection of its own, as different visitors do. A few connections that stay open would all
    remain with the process that accepted them, and leave another idle.
    """
    load, turns, lock, started = Load(), itertools.count(), threading.Lock(), time.perf_counter()

    def client() -> None:
        while True:
            with lock:
                number = next(turns)
            due = started + number / rate if rate else 0.0
            if max(time.perf_counter(), due) > started + seconds:
                break
            time.sleep(max(0.0, due - time.perf_counter()))
            sent = time.perf_counter()
            status, processor = _send(port, requests[number % len(requests)])
            with lock:
                load.add(sent - started, time.perf_counter() - (due or sent), processor, status)

    _run_threads(client, clients, meanwhile)
    load.duration = time.perf_counter() - started
    return load


def _run_threads(client: Callable[[], None], clients: int, meanwhile: Callable[[], object] | None) -> None:
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    if meanwhile:
        meanwhile()
    for thread in threads:
        thread.join()


def _send(port: int, request: Request) -> tuple[int, int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", request.path, headers=request.headers)
        response = connection.getresponse()
        response.read()
        return response.status, int(response.headers.get("X-Processor-Microseconds", 0))
    except (OSError, http.client.HTTPException):
        return 0, 0
    finally:
        connection.close()
