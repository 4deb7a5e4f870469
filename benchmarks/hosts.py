"""Two web hosts and one activation: how soon both serve the other version, and what visitors notice of it.

    DATABASE_URL=postgres://…/benchmark REDIS_URL=redis://… .venv/bin/python -m benchmarks.hosts --users 500

needs a database of its own, with MovieLens loaded and two versions published, such as one of each trainer: it makes
people of MovieLens members of the site.  Starts two gunicorns with two processes each, whose folders of copies are
empty; versions come from `RECOMMENDER_STORE`, or from a folder.  Then it rolls back, and forward again, while both
hosts are asked for lists and pages.
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

from benchmarks.serving import gunicorn, prepare, spoken
from benchmarks.support.clients import Load, Question, ask

CLIENTS = 4
ASKED = ("recommendations", "page of recommendations", "movie page")
SWITCHED_AT = 0.3
"""When the version is switched, as a share of the measurement."""
IN_A_ROW = 10
"""Answers of a host that must come from the other version: its processes take turns as they like."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    parser.add_argument("--rate", type=float, default=20.0, help="requests a second to each host")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="recsite-hosts-") as name, ExitStack() as stack:
        folder = Path(name)
        os.environ.setdefault("RECOMMENDER_STORE", f"file://{folder / 'store'}")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsite.settings.base")
        django.setup()
        share_versions()
        copies = [folder / f"web-{number}" for number in (1, 2)]
        ports = [stack.enter_context(gunicorn(2, RECOMMENDER_ARTIFACTS=str(copy)))[0] for copy in copies]
        found = prepare(options.users)
        questions = [question for some in zip(*(found[name] for name in ASKED), strict=True) for question in some]
        for port in ports:
            ask(port, questions, clients=CLIENTS, seconds=options.seconds / 4, rate=options.rate)
        for direction in ("back", "forward"):
            switch(direction, ports, questions, seconds=options.seconds, rate=options.rate)


def share_versions() -> None:
    """Put the active version and the one before it where all hosts find them."""
    from recommendations.versions import registry, storage  # noqa: PLC0415 - once Django is set up

    for version in (registry.active(), registry.predecessor()):
        if version is None:
            raise SystemExit("Two versions are needed, one active and one that was active before.")
        storage.put(version.name)


def switch(direction: str, ports: Sequence[int], questions: Sequence[Question], *, seconds: float, rate: float) -> None:
    """Let the version before serve, while all hosts are asked; print how soon they did and what they answered."""
    from recommendations.versions import registry  # noqa: PLC0415 - once Django is set up

    def load(port: int) -> Load:
        return ask(port, questions, clients=CLIENTS, seconds=seconds, rate=rate)

    with ThreadPoolExecutor(2 * len(ports)) as pool:
        loads = [pool.submit(load, port) for port in ports]
        time.sleep(SWITCHED_AT * seconds)
        version = registry.roll_back().version
        activated = time.perf_counter()
        served = list(pool.map(lambda port: served_from(port, version.name) - activated, ports))
    print(f"{direction} to {version.name} ({version.parameters.get('trainer', 'lightfm')})")
    for number, (after, asked) in enumerate(zip(served, loads, strict=True), 1):
        answers = asked.result()
        print(f"  host {number}: served after {after:.1f} s; {len(answers.seconds)} answers, {spoken(answers)}")


def served_from(port: int, name: str) -> float:
    """When the first of so many answers in a row came that say that the version serves."""
    row: list[float] = []
    while len(row) < IN_A_ROW:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            serves = json.load(answer)["model"]["version"] == name
        row = [*row, time.perf_counter()] if serves else []
        time.sleep(0.05)
    return row[0]


if __name__ == "__main__":
    main()
