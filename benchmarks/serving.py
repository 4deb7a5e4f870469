"""Measure the cost of requests, compared with an endpoint of the same server that does nothing.

    DATABASE_URL=postgres://…/benchmark .venv/bin/python -m benchmarks.serving --users 10000

needs a database of its own with MovieLens loaded and a version published, because it turns MovieLens users into members
of the site. It starts gunicorn with two processes. Processor time is that of the server thread that answers, measured
in the server, so that other work on the machine does not distort it. Response times are the clients'.
"""

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import django

from benchmarks.support.clients import Load, Request, run_load

LEVELS = (1, 2, 4, 8)
SWAPS, SWAP_AT = 3, 0.4
"""The number of version swaps under load, and the time of each swap as a share of its measurement's duration."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=10.0, help="duration of each measurement")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsite.settings.base")
    django.setup()
    with gunicorn(options.workers) as (port, process):
        requests = prepare(options.users)
        for kind in requests.values():
            run_load(port, kind, clients=4, seconds=options.seconds / 4)
        single = {name: run_load(port, kind, clients=1, seconds=options.seconds) for name, kind in requests.items()}
        show_costs(single)
        limit = show_levels(port, requests["recommendations"], options.seconds)
        show_memory(process)
        for _ in range(SWAPS):
            show_swap(port, requests["recommendations"], rate=0.5 * limit, seconds=2 * options.seconds)


@contextlib.contextmanager
def gunicorn(workers: int, **more: str) -> Iterator[tuple[int, int]]:
    """Start a server with `workers` processes and `more` in its environment; yield its port and process id."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    unbounded = {f"API_RATE_{who}": "100000000/min" for who in ("USER", "ANONYMOUS")}
    environment = {**os.environ, **unbounded, "BIND": f"127.0.0.1:{port}", "WEB_CONCURRENCY": str(workers)}
    environment |= {"ALLOWED_HOSTS": "127.0.0.1", "HTTPS": "off", "LOG_LEVEL": "ERROR", **more}
    process = subprocess.Popen([sys.executable, "-m", "gunicorn", "benchmarks.support.serving_wsgi"], env=environment)
    try:
        wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as response:
            if response.status == 200:
                return
        time.sleep(0.2)
    raise SystemExit("gunicorn did not become ready within 120 s")


def prepare(users: int) -> dict[str, Sequence[Request]]:
    """Return the requests of each kind, by `users` distinct MovieLens users, who get tokens and sessions."""
    from benchmarks.support.members import movies, sign_in  # noqa: PLC0415 - once Django is set up

    members = sign_in(users)
    api = [{"Authorization": f"Token {token}"} for token, _ in members]
    cookies = [{"Cookie": f"sessionid={session}"} for _, session in members]
    pages = movies(users)
    return {
        "bare endpoint": [Request("/api/v1/bare/", {})],
        "empty endpoint": [Request("/api/v1/empty/", headers) for headers in api],
        "recommendations": [Request("/api/v1/me/recommendations/", headers) for headers in api],
        "home page": [Request("/", headers) for headers in cookies],
        "page of recommendations": [Request("/recommendations/", headers) for headers in cookies],
        "movie page": [Request(f"/movies/{movie}/", headers) for movie, headers in zip(pages, cookies, strict=True)],
    }


def show_costs(loads: dict[str, Load]) -> None:
    empty, bare = (loads[f"{name} endpoint"].processor_ms() for name in ("empty", "bare"))
    print("one client; p50 of the server thread's processor time")
    for name, load in loads.items():
        own = load.processor_ms()
        print(
            f"  {name:24} {own:7.2f} ms = {own / empty:5.2f} × empty, {own / bare:5.2f} × bare;  "
            f"response time p50 {load.milliseconds(0.5):6.1f}, p99 {load.milliseconds(0.99):6.1f} ms;  "
            f"{len(load.seconds)} requests, {load.failed} failed"
        )


def show_levels(port: int, requests: Sequence[Request], seconds: float) -> float:
    """Print results for growing numbers of clients and at 80 % of the maximum rate; return the maximum rate."""
    highest = 0.0
    for clients in LEVELS:
        load = run_load(port, requests, clients=clients, seconds=seconds)
        highest = max(highest, load.rate)
        print(f"recommendations, {clients} clients: {summary(load)}")
    load = run_load(port, requests, clients=LEVELS[-1], seconds=seconds, rate=0.8 * highest)
    print(f"recommendations at 80 % of {highest:.0f} requests per second: {summary(load)}")
    return highest


def summary(load: Load) -> str:
    p50, p99 = load.milliseconds(0.5), load.milliseconds(0.99)
    return f"{load.rate:.0f} requests per second, p50 {p50:.1f} ms, p99 {p99:.1f} ms, {load.failed} failed"


def show_memory(process: int) -> None:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    for child in children:
        rows = dict(line.split(":") for line in Path(f"/proc/{child}/smaps_rollup").read_text().splitlines()[1:])
        sizes = {name: int(value.split()[0]) / 1024 for name, value in rows.items()}
        own = sizes["Private_Clean"] + sizes["Private_Dirty"]
        print(f"worker {child}: {own:.0f} MiB private, {sizes['Rss']:.0f} MiB resident including shared memory")


def show_swap(port: int, requests: Sequence[Request], *, rate: float, seconds: float) -> None:
    from benchmarks.support.members import copy_of_the_active  # noqa: PLC0415 - once Django is set up
    from recommendations.versions import registry  # noqa: PLC0415 - as above

    successor = copy_of_the_active()
    swapped_at: list[float] = []
    started = time.perf_counter()

    def swap() -> None:
        time.sleep(SWAP_AT * seconds)
        swapped_at.append(time.perf_counter() - started)
        registry.activate(successor)

    load = run_load(port, requests, clients=LEVELS[-1], seconds=seconds, rate=rate, meanwhile=swap)
    at = swapped_at[0]
    before, during = load.milliseconds(0.99, 0, at), load.milliseconds(0.99, at, at + 5)
    print(f"swap under {rate:.0f} requests per second: {load.failed} of {len(load.seconds)} failed; ", end="")
    print(f"p99 {before:.1f} ms before, {during:.1f} ms in the 5 s after activation: × {during / before:.2f}")


if __name__ == "__main__":
    main()
