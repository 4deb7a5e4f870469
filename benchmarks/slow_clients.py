"""Compare a member's response times without and with slow clients, large bodies and costly requests.

    .venv/bin/python -m benchmarks.slow_clients --address http://127.0.0.1:8000 --session KEY

measures a page and /livez alone and in trouble, in turn: 50 slow connections (unfinished heads, unfinished bodies, idle
kept-alive connections), 20 large bodies again and again, and two clients that send the most expensive requests, one to
the API for as long as its limits allow, the other to pages. It prints the medians of the rounds, and each round.
"""

import argparse
import contextlib
import http.client
import itertools
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from urllib.parse import urlencode, urlsplit

import numpy as np

SLOW = 50
LARGE = 20
LARGE_BYTES = 600_000_000
RATED = 1_000
NOTHING: Mapping[str, str] = {}
Trouble = Callable[[str, int], contextlib.AbstractContextManager[list[int] | None]]
PAGES = (
    "/recommendations/?n=240&diversity=1&recency=1&popularity=1",
    "/movies/?" + urlencode({"q": "x" * 200}),
    "/movies/1/similar/?" + urlencode([("more", f"genre:{'x' * 200}{n}") for n in range(15)]),
)
HEAD = b"POST /api/v1/recommendations/preview/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
KINDS = (
    b"GET /movies/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    HEAD + b"Content-Length: 5000\r\n\r\n{",
    b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"",
)


@contextlib.contextmanager
def slow_clients(host: str, port: int, count: int = SLOW) -> Iterator[None]:
    """Hold `count` connections, each with one more byte a second, and open those again that the server ends."""
    stop = threading.Event()
    kinds = itertools.cycle(KINDS)
    clients = [(kind, _connect(host, port, kind)) for kind in itertools.islice(kinds, count)]

    def trickle() -> None:
        while not stop.wait(1.0):
            for index, (kind, client) in enumerate(clients):
                try:
                    if kind and not kind.startswith(b"GET /livez"):
                        client.send(b"1")
                except OSError:
                    client.close()
                    clients[index] = kind, _connect(host, port, kind)

    try:
        with _running([trickle], stop):
            yield
    finally:
        for _, client in clients:
            client.close()


def _connect(host: str, port: int, data: bytes) -> socket.socket:
    client = socket.create_connection((host, port), timeout=10)
    client.sendall(data)
    return client


@contextlib.contextmanager
def large_bodies(host: str, port: int, count: int = LARGE) -> Iterator[list[int]]:
    """Send `count` bodies at a time, each twice a second; yield the statuses of the answers."""
    stop = threading.Event()
    statuses: list[int] = []

    def send() -> None:
        while not stop.wait(0.5):
            statuses.append(send_large(host, port))

    with _running([send] * count, stop):
        yield statuses


@contextlib.contextmanager
def _running(targets: Iterable[Callable[[], None]], stop: threading.Event) -> Iterator[None]:
    """Run each function in a thread until the block ends; then set `stop`, and wait for them."""
    threads = [threading.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def send_large(host: str, port: int, size: int = LARGE_BYTES) -> int:
    """Announce a large body, send a part, and return the status of the answer; 0 without one."""
    with contextlib.closing(_connect(host, port, HEAD + f"Content-Length: {size}\r\n\r\n".encode())) as client:
        with contextlib.suppress(OSError):
            client.sendall(bytes(100_000))
        with contextlib.suppress(OSError):
            answer = client.recv(100)
            return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else 0
    return 0


@contextlib.contextmanager
def costly_requests(host: str, port: int, headers: Mapping[str, str] = NOTHING) -> Iterator[list[int]]:
    """Send the most expensive requests to the API, as a visitor, and to pages, with `headers`; yield the statuses."""
    stop = threading.Event()
    statuses: list[int] = []
    ratings = [{"movie": pk, "stars": 0.5 + n % 10 / 2} for n, pk in enumerate(_movies(host, port))]
    preview = json.dumps({"ratings": ratings, "n": 100, "explain": True, "reasons": 10, "diversity": 1})

    def through_the_api() -> None:
        while not stop.wait(0.1):
            statuses.append(_ask(host, port, "/api/v1/recommendations/preview/", preview)[0])

    def pages() -> None:
        for path in itertools.cycle(PAGES):
            if stop.wait(0.5):
                return
            statuses.append(_ask(host, port, path, headers=headers)[0])

    with _running((through_the_api, pages), stop):
        yield statuses


@cache
def _movies(host: str, port: int) -> list[int]:
    """Return the ids of the first movies of the catalogue; asked once, as it counts towards the API's limits."""
    movies: list[int] = []
    address = "/api/v1/movies/?page_size=100"
    while address and len(movies) < RATED:
        page = json.loads(_ask(host, port, address)[1])
        movies += [movie["id"] for movie in page["results"]]
        address = "/" + page["next"].split("/", 3)[3] if page["next"] else ""
    return movies[:RATED]


def _ask(host: str, port: int, path: str, body: str = "", headers: Mapping[str, str] = NOTHING) -> tuple[int, bytes]:
    """Send a request, with a body as JSON; return status and body of the answer."""
    sent = {**headers, "Content-Type": "application/json"} if body else headers
    with contextlib.closing(http.client.HTTPConnection(host, port, timeout=60)) as connection:
        connection.request("POST" if body else "GET", path, body or None, dict(sent))
        response = connection.getresponse()
        return response.status, response.read()


def times(host: str, port: int, path: str, seconds: float, headers: Mapping[str, str] = NOTHING) -> list[float]:
    """Return the response times of a client that asks ten times a second, in milliseconds."""
    measured, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.perf_counter()
        status, _ = _ask(host, port, path, headers=headers)
        assert status == http.HTTPStatus.OK, status
        measured.append(1000 * (time.perf_counter() - started))
        time.sleep(0.1)
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--path", default="/movies/")
    parser.add_argument("--session", default="", help="session key of a member")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", nargs="*", choices=("slow", "large", "costly"), default=[])
    options = parser.parse_args()
    url = urlsplit(options.address)
    host, port = str(url.hostname), int(url.port or 80)
    headers = {"Cookie": f"sessionid={options.session}"} if options.session else NOTHING
    troubles: dict[str, Trouble] = {
        "slow": slow_clients,
        "large": large_bodies,
        "costly": partial(costly_requests, headers=headers),
    }
    chosen = [trouble for name, trouble in troubles.items() if name not in options.without]
    paths = (options.path, "/livez")
    rounds: list[tuple[dict[str, list[float]], dict[str, list[float]]]] = []
    for _ in range(options.rounds):
        alone = {path: times(host, port, path, options.seconds, headers) for path in paths}
        with contextlib.ExitStack() as stack:
            yielded = [stack.enter_context(trouble(host, port)) for trouble in chosen]
            time.sleep(1)
            rounds.append((alone, {path: times(host, port, path, options.seconds, headers) for path in paths}))
        print("statuses of large bodies and costly requests:", [dict(Counter(one)) for one in yielded if one])
    for path, (name, quantile) in itertools.product(paths, (("p50", 0.5), ("p99", 0.99), ("max", 1.0))):
        pairs = [[float(np.quantile(measured[path], quantile)) for measured in both] for both in rounds]
        first, second = np.median(pairs, axis=0)
        each = ", ".join(f"{beside:.0f}/{alone:.0f}" for alone, beside in pairs)
        print(f"{path} {name}: {first:.1f} ms alone, {second:.1f} ms in trouble, {second / first:.2f} times; {each}")


if __name__ == "__main__":
    main()
