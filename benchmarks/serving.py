"""What a request costs, beside an endpoint of the same processes that does nothing.

    DATABASE_URL=postgres://…/benchmark .venv/bin/python -m benchmarks.serving --users 10000

needs a database of its own, with MovieLens loaded and a version published: it makes people of
MovieLens members of the site.
Starts gunicorn with two processes.  Processor time is that of the thread that answers, as the server counted it, so
that other work on the machine does not blur it; times to answer are the client's.
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

from benchmarks.support.clients import Load, Question, ask

LEVELS = (1, 2, 4, 8)
SWAPS, SWAP_AT = 3, 0.4
"""How often the version is swapped under load, and when in each measurement, as a share of its duration."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsite.settings.base")
    django.setup()
    with gunicorn(options.workers) as (port, process):
        questions = prepare(options.users)
        for asked in questions.values():
            ask(port, asked, clients=4, seconds=options.seconds / 4)
        at_rest = {name: ask(port, asked, clients=1, seconds=options.seconds) for name, asked in questions.items()}
        show_costs(at_rest)
        limit = show_levels(port, questions["recommendations"], options.seconds)
        show_memory(process)
        for _ in range(SWAPS):
            show_swap(port, questions["recommendations"], rate=0.5 * limit, seconds=2 * options.seconds)


@contextlib.contextmanager
def gunicorn(workers: int, **more: str) -> Iterator[tuple[int, int]]:
    """The port and the process id of a server with so many processes, and with `more` in its environment."""
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
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise SystemExit("gunicorn does not become ready")


def prepare(users: int) -> dict[str, Sequence[Question]]:
    """What is asked, each by so many distinct users: members of MovieLens, who get tokens and sessions."""
    from benchmarks.support.members import movies, sign_in  # noqa: PLC0415 - once Django is set up

    members = sign_in(users)
    api = [{"Authorization": f"Token {token}"} for token, _ in members]
    cookies = [{"Cookie": f"sessionid={session}"} for _, session in members]
    pages = movies(users)
    return {
        "bare endpoint": [Question("/api/v1/bare/", {})],
        "empty endpoint": [Question("/api/v1/empty/", headers) for headers in api],
        "recommendations": [Question("/api/v1/me/recommendations/", headers) for headers in api],
        "home page": [Question("/", headers) for headers in cookies],
        "page of recommendations": [Question("/recommendations/", headers) for headers in cookies],
        "movie page": [Question(f"/movies/{movie}/", headers) for movie, headers in zip(pages, cookies, strict=True)],
    }


def show_costs(loads: dict[str, Load]) -> None:
    empty, bare = (loads[f"{name} endpoint"].processor_ms() for name in ("empty", "bare"))
    print("one client at a time; processor time of the server's thread at p50")
    for name, load in loads.items():
        own = load.processor_ms()
        print(
            f"  {name:24} {own:7.2f} ms = {own / empty:5.2f} × empty, {own / bare:5.2f} × bare;  "
            f"answered in p50 {load.milliseconds(0.5):6.1f}, p99 {load.milliseconds(0.99):6.1f} ms;  "
            f"{len(load.seconds)} requests, {load.failed} failed"
        )


def show_levels(port: int, questions: Sequence[Question], seconds: float) -> float:
    """Print how it fares with more and more clients, and at 80 % of the most requests a second, which is returned."""
    most = 0.0
    for clients in LEVELS:
        load = ask(port, questions, clients=clients, seconds=seconds)
        most = max(most, load.rate)
        print(f"recommendations, {clients} clients: {spoken(load)}")
    load = ask(port, questions, clients=LEVELS[-1], seconds=seconds, rate=0.8 * most)
    print(f"recommendations at 80 % of {most:.0f} requests a second: {spoken(load)}")
    return most


def spoken(load: Load) -> str:
    middle, late = load.milliseconds(0.5), load.milliseconds(0.99)
    return f"{load.rate:.0f} requests a second, p50 {middle:.1f} ms, p99 {late:.1f} ms, {load.failed} failed"


def show_memory(process: int) -> None:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    for child in children:
        rows = dict(line.split(":") for line in Path(f"/proc/{child}/smaps_rollup").read_text().splitlines()[1:])
        sizes = {name: int(value.split()[0]) / 1024 for name, value in rows.items()}
        own = sizes["Private_Clean"] + sizes["Private_Dirty"]
        print(f"worker {child}: {own:.0f} MiB of its own, {sizes['Rss']:.0f} MiB resident with what it shares")


def show_swap(port: int, questions: Sequence[Question], *, rate: float, seconds: float) -> None:
    from benchmarks.support.members import copy_of_the_active  # noqa: PLC0415 - once Django is set up
    from recommendations.versions import registry  # noqa: PLC0415 - as above

    successor = copy_of_the_active()
    at: list[float] = []
    started = time.perf_counter()

    def swap() -> None:
        time.sleep(SWAP_AT * seconds)
        at.append(time.perf_counter() - started)
        registry.activate(successor)

    load = ask(port, questions, clients=LEVELS[-1], seconds=seconds, rate=rate, meanwhile=swap)
    before, during = load.milliseconds(0.99, 0, at[0]), load.milliseconds(0.99, at[0], at[0] + 5)
    print(f"swap under {rate:.0f} requests a second: {load.failed} of {len(load.seconds)} failed; ", end="")
    print(f"p99 {before:.1f} ms before, {during:.1f} ms in the 5 s from activation: × {during / before:.2f}")


if __name__ == "__main__":
    main()
