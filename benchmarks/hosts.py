"""Activate a version on two web hosts: how soon both serve it, and how the response times change meanwhile.

    DATABASE_URL=postgres://…/benchmark REDIS_URL=redis://… .venv/bin/python -m benchmarks.hosts --users 500

needs a database of its own with MovieLens loaded and two versions published, such as one of each trainer, because it
turns MovieLens users into members of the site. It starts two gunicorns with two processes each and empty artifact
folders; versions come from `RECOMMENDER_STORE`, or from a temporary folder. Then it rolls back, and forward again,
while clients request lists and pages from both hosts.
"""

import argparse
import json
import os
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import django

from benchmarks.serving import gunicorn, prepare, summary
from benchmarks.support.clients import Load, Request, run_load

CLIENTS = 4
REQUESTED = ("recommendations", "page of recommendations", "movie page")
SWITCH_AT = 0.3
"""When the version is switched, as a share of the measurement's duration."""
IN_A_ROW = 10
"""Consecutive responses of a host that must name the new version: any of its processes may answer."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20.0, help="duration of each measurement")
    parser.add_argument("--rate", type=float, default=20.0, help="requests per second to each host")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="recsite-hosts-") as name, ExitStack() as stack:
        folder = Path(name)
        os.environ.setdefault("RECOMMENDER_STORE", f"file://{folder / 'store'}")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsite.settings.base")
        django.setup()
        share_versions()
        copies = [folder / f"web-{number}" for number in (1, 2)]
        ports = [stack.enter_context(gunicorn(2, RECOMMENDER_ARTIFACTS=str(copy)))[0] for copy in copies]
        by_kind = prepare(options.users)
        mixed = zip(*(by_kind[name] for name in REQUESTED), strict=True)
        requests = [request for group in mixed for request in group]
        for port in ports:
            run_load(port, requests, clients=CLIENTS, seconds=options.seconds / 4, rate=options.rate)
        for direction in ("back", "forward"):
            switch(direction, ports, requests, seconds=options.seconds, rate=options.rate)


def share_versions() -> None:
    """Upload the active version and its predecessor to the shared store."""
    from recommendations.versions import registry, storage  # noqa: PLC0415 - once Django is set up

    for version in (registry.active(), registry.predecessor()):
        if version is None:
            raise SystemExit("This benchmark needs two versions: an active one and one that was active before.")
        storage.put(version.name)


def switch(direction: str, ports: Sequence[int], requests: Sequence[Request], *, seconds: float, rate: float) -> None:
    """Activate the previous version under load; print how soon each host served it, and the response times."""
    from recommendations.versions import registry  # noqa: PLC0415 - once Django is set up

    def load(port: int) -> Load:
        return run_load(port, requests, clients=CLIENTS, seconds=seconds, rate=rate)

    with ThreadPoolExecutor(2 * len(ports)) as pool:
        loads = [pool.submit(load, port) for port in ports]
        time.sleep(SWITCH_AT * seconds)
        version = registry.roll_back().version
        activated = time.perf_counter()
        served = list(pool.map(lambda port: served_from(port, version.name) - activated, ports))
    print(f"{direction} to {version.name} ({version.parameters.get('trainer', 'lightfm')})")
    for number, (after, future) in enumerate(zip(served, loads, strict=True), 1):
        result = future.result()
        print(f"  host {number}: served after {after:.1f} s; {len(result.seconds)} responses, {summary(result)}")


def served_from(port: int, name: str) -> float:
    """Return the time of the first of `IN_A_ROW` consecutive responses that name the version."""
    row: list[float] = []
    while len(row) < IN_A_ROW:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as response:
            serves = json.load(response)["model"]["version"] == name
        row = [*row, time.perf_counter()] if serves else []
        time.sleep(0.05)
    return row[0]


if __name__ == "__main__":
    main()
