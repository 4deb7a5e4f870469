"""Measure wall time, processor time and memory of benchmark steps, each in a process of its own."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds (of client and server), and the peak of the client's memory in megabytes."""

    wall: float
    cpu: float
    megabytes: float = 0.0
    note: str = ""

    @classmethod
    def median(cls, costs: Sequence["Cost"]) -> "Cost":
        return cls(
            statistics.median(cost.wall for cost in costs),
            statistics.median(cost.cpu for cost in costs),
            max(cost.megabytes for cost in costs),
            costs[-1].note,
        )


SERVER_CPU = (
    "SELECT split_part(s, ' ', 14)::float8 + split_part(s, ' ', 15)::float8 FROM pg_read_file('/proc/self/stat') s"
)
"""The clock ticks that a PostgreSQL backend has used; for superusers, on Linux."""

TICKS = os.sysconf("SC_CLK_TCK")


def run(command: Sequence[str], environment: dict[str, str] | None = None) -> tuple[Cost, str]:
    """Run a command; return its cost, without the server's share, and its output."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})}, text=True)
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed with status {process.returncode}")
    wall = time.perf_counter() - started
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), output


def run_module(module: str, *arguments: str) -> Cost:
    """Run a module that prints its cost as its last line; return it with the peak memory of the process."""
    cost, output = run([sys.executable, "-m", module, *arguments])
    reported = Cost(**json.loads(output.splitlines()[-1]))
    return Cost(reported.wall, reported.cpu, cost.megabytes, reported.note)


def measured(work: Callable[[], str], server_cpu: Callable[[], float]) -> Cost:
    """Run `work` in this process, print its cost as JSON, and return it; `work` returns a note."""
    wall, cpu, server = time.perf_counter(), time.process_time(), server_cpu()
    note = work()
    cost = Cost(time.perf_counter() - wall, time.process_time() - cpu + (server_cpu() - server), 0.0, note)
    print(json.dumps(asdict(cost)))
    return cost


def server_cpu() -> float:
    """Processor seconds of the server behind Django's connection; 0 if the database runs in this process."""
    from django.db import connection  # noqa: PLC0415 - after Django is set up

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute(SERVER_CPU)
        return float(cursor.fetchone()[0]) / TICKS


def show(title: str, rows: Sequence[tuple[str, Cost, Cost, float]]) -> None:
    """Print a table of costs, their ratios to the baseline, and the limits of the ratios."""
    table = Table(title=title)
    for name in ("step", "wall s", "× baseline", "CPU s", "× baseline", "limit", "peak MB", ""):
        table.add_column(name, justify="left" if name in ("step", "") else "right")
    for name, cost, baseline, limit in rows:
        ratios = cost.wall / baseline.wall, cost.cpu / max(baseline.cpu, 1e-9)
        table.add_row(
            name,
            f"{cost.wall:.2f}",
            f"{ratios[0]:.2f}",
            f"{cost.cpu:.2f}",
            f"{ratios[1]:.2f}",
            f"{limit:.2f}" if limit else "",
            f"{cost.megabytes:,.0f}",
            cost.note,
        )
    Console(width=150).print(table)


def django() -> Any:
    """Set Django up and return its database settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsite.settings.base")
    import django as framework  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    framework.setup()
    return settings.DATABASES["default"]
