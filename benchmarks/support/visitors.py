"""Simulated visitors who read pages and rate movies, and record the responses."""

import http.client
import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol

READERS = 3
PAUSE = 0.2
MAX_SECONDS = 30.0
FAILED = 0
"""The status of a request that got no response at all."""


class Served(Protocol):
    """The site that the visitors use."""

    port: int
    token: str
    session: str
    paths: list[str]
    movies: list[int]

    def ratings(self) -> dict[int, int]:
        """Return the stored ratings of the token's user: half stars by movie."""


@dataclass
class Answer:
    path: str
    status: int
    seconds: float
    retry_after: bool


@dataclass(frozen=True)
class Report:
    """The visitors' results.

    `errors` counts missing responses and statuses from 500 on, without the 503 with `Retry-After` that is allowed
    while the database is down.
    """

    requests: int
    errors: int
    unavailable: int
    alive: str
    slowest: float
    slowest_path: str
    rated: int
    lost: int

    @property
    def passed(self) -> bool:
        return not self.errors and not self.lost and self.alive == "200" and self.slowest < MAX_SECONDS


@dataclass
class Visitors:
    """Threads that read pages, rate movies and probe liveness for the duration of a `with` block."""

    site: Served
    answers: list[Answer] = field(default_factory=list)
    rated: dict[int, int] = field(default_factory=dict)

    def __enter__(self) -> "Visitors":
        self._ended = threading.Event()
        tasks = [*([self._read] * READERS), self._rate, self._probe]
        self._threads = [threading.Thread(target=task, daemon=True) for task in tasks]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(60)

    def report(self, *, database_fails: bool) -> Report:
        pages = [answer for answer in self.answers if answer.path != "/livez"]
        alive = {str(answer.status) for answer in self.answers if answer.path == "/livez"}
        unavailable = [answer for answer in pages if answer.status == 503 and answer.retry_after]
        errors = [answer for answer in pages if answer.status == FAILED or answer.status >= 500]
        allowed = unavailable if database_fails else []
        stored = self.site.ratings()
        lost = sum(stored.get(movie) != half_stars for movie, half_stars in self.rated.items())
        slowest = max(self.answers, key=lambda answer: answer.seconds)
        return Report(
            requests=len(pages),
            errors=len(errors) - len(allowed),
            unavailable=len(unavailable),
            alive=" ".join(sorted(alive)),
            slowest=slowest.seconds,
            slowest_path=slowest.path,
            rated=len(self.rated),
            lost=lost,
        )

    def _read(self) -> None:
        for path in itertools.cycle(self.site.paths):
            if self._ended.wait(PAUSE):
                return
            self._send("GET", path)

    def _rate(self) -> None:
        for number, movie in enumerate(itertools.cycle(self.site.movies)):
            if self._ended.wait(0.1):
                return
            half_stars = 1 + number % 10
            status = self._send("PUT", f"/api/v1/movies/{movie}/rating/", {"stars": half_stars / 2})
            if status in (200, 201):
                self.rated[movie] = half_stars
            else:
                # The rating may or may not have been stored, so it does not count.
                self.rated.pop(movie, None)

    def _probe(self) -> None:
        while not self._ended.wait(0.5):
            self._send("GET", "/livez")

    def _send(self, method: str, path: str, body: Any = None) -> int:
        started = time.monotonic()
        headers = {"Content-Type": "application/json", "Cookie": f"sessionid={self.site.session}"}
        if path.startswith("/api/"):
            headers = {"Content-Type": "application/json", "Authorization": f"Token {self.site.token}"}
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            response.read()
            status, retry = response.status, response.headers.get("Retry-After") is not None
        except (OSError, http.client.HTTPException):
            status, retry = FAILED, False
        finally:
            connection.close()
        self.answers.append(Answer(path, status, time.monotonic() - started, retry))
        return status
