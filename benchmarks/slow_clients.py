"""Compare a normal client's response times without and with slow clients and large bodies.

    .venv/bin/python -m benchmarks.slow_clients --address http://127.0.0.1:8000

opens 50 slow connections (unfinished heads, unfinished bodies, idle kept-alive connections) and sends 20 large bodies
again and again, and prints the response times of a page and of /livez, and their ratios.
"""

import argparse
import contextlib
import http.client
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import numpy as np

SLOW = 50
LARGE = 20
LARGE_BYTES = 600_000_000
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

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
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

    threads = [threading.Thread(target=send) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
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


def times(host: str, port: int, path: str, seconds: float) -> list[float]:
    """Return the response times of a client that asks ten times a second, in milliseconds."""
    measured, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.perf_counter()
        connection = http.client.HTTPConnection(host, port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
        assert response.status == http.HTTPStatus.OK, response.status
        measured.append(1000 * (time.perf_counter() - started))
        time.sleep(0.1)
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--path", default="/movies/")
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    url = urlsplit(options.address)
    host, port = str(url.hostname), int(url.port or 80)
    alone = {path: times(host, port, path, options.seconds) for path in (options.path, "/livez")}
    with slow_clients(host, port), large_bodies(host, port) as statuses:
        time.sleep(1)
        beside = {path: times(host, port, path, options.seconds) for path in (options.path, "/livez")}
    for path, before in alone.items():
        for name, quantile in (("p50", 0.5), ("p99", 0.99)):
            first, second = np.quantile(before, quantile), np.quantile(beside[path], quantile)
            print(
                f"{path} {name}: {first:.1f} ms alone, {second:.1f} ms beside {SLOW} slow clients and {LARGE} bodies,"
            )
            print(f"  ratio {second / first:.2f}")
    print(f"large bodies: {len(statuses)} sent, statuses {sorted(set(statuses))}")


if __name__ == "__main__":
    main()
