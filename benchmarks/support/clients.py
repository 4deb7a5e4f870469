"""Clients that ask as fast as they can, or at a given rate, and note what they were answered."""

import http.client
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Question:
    path: str
    headers: dict[str, str]


@dataclass
class Load:
    """What was measured: for each answer seconds, processor microseconds of the server, when, and the status."""

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


def ask(
    port: int,
    questions: Sequence[Question],
    *,
    clients: int,
    seconds: float,
    rate: float | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> Load:
    """Let so many clients ask for so long, taking the questions in turn; `rate` is of all together, each second.

    Each question comes over a connection of its own, as from different people: kept open, a few connections would
    stay with the process that happened to accept them, and leave another idle.
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
            begun = time.perf_counter()
            status, processor = _answer(port, questions[number % len(questions)])
            with lock:
                load.add(begun - started, time.perf_counter() - (due or begun), processor, status)

    _together(client, clients, meanwhile)
    load.duration = time.perf_counter() - started
    return load


def _together(client: Callable[[], None], clients: int, meanwhile: Callable[[], object] | None) -> None:
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    if meanwhile:
        meanwhile()
    for thread in threads:
        thread.join()


def _answer(port: int, question: Question) -> tuple[int, int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", question.path, headers=question.headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, int(answer.headers.get("X-Processor-Microseconds", 0))
    except (OSError, http.client.HTTPException):
        return 0, 0
    finally:
        connection.close()
