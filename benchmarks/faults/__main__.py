"""Inject every fault that the site must survive into real processes, while visitors read and rate.

    .venv/bin/python -m benchmarks.faults [NAME …]

Starts its own PostgreSQL, Redis, worker, and gunicorn with two processes, and prints a line for each fault: the number
of requests and of errors, the slowest response, and the recovery time. PostgreSQL and Redis must be installed. The full
disk requires the right to mount one, and Spark's faults run if pyspark and Java are installed.
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.faults import plays, spark_faults
from benchmarks.faults.site import FaultSite
from benchmarks.support.visitors import Report, Visitors

Play = Callable[[FaultSite], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="inject only these faults")
    parser.add_argument("--list", action="store_true", help="list the faults")
    options = parser.parse_args()
    known = {play.__name__: play for play in (*plays.PLAYS, *(spark_faults.PLAYS if spark_faults.HERE else ()))}
    if options.list:
        print(*known, sep="\n")
        return
    with tempfile.TemporaryDirectory(prefix="recsite-faults-") as folder, FaultSite(Path(folder)).running() as site:
        reports = {name: show(name, play, site) for name, play in known.items() if name in (options.names or known)}
    failed = [name for name, passed in reports.items() if not passed]
    failures = f"; failed: {', '.join(failed)}" if failed else ""
    print(f"{len(reports) - len(failed)} of {len(reports)} faults survived{failures}")
    sys.exit(bool(failed))


def show(name: str, play: Play, site: FaultSite) -> bool:
    """Inject a fault, wait until the site recovers, print the result, and return whether it passed."""
    started = time.monotonic()
    with Visitors(site) as visitors:
        time.sleep(1)
        try:
            detail, failed = play(site), False
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            detail, failed = f"{type(error).__name__}: {error}"[:300], True
        repaired = time.monotonic()
        healthy = site.is_healthy(60)
        recovery = time.monotonic() - repaired
        time.sleep(1)
    report = visitors.report(database_fails=play in plays.WITHOUT_DATABASE)
    passed = not failed and healthy and report.passed
    print(line(name, passed, report, recovery, time.monotonic() - started), f"  {detail}", sep="\n", flush=True)
    with contextlib.suppress(AssertionError, subprocess.SubprocessError):
        site.settle()
    return passed


def line(name: str, passed: bool, report: Report, recovery: float, seconds: float) -> str:
    requests = f"{report.requests} requests, {report.errors} errors, {report.unavailable} × 503 with Retry-After"
    times = f"max {report.slowest:.1f} s ({report.slowest_path}), recovered in {recovery:.1f} s, took {seconds:.0f} s"
    ratings = f"{report.rated} ratings, {report.lost} lost"
    return f"{'ok ' if passed else 'BAD'} {name}: {requests}, livez {report.alive}, {ratings}, {times}"


if __name__ == "__main__":
    main()
