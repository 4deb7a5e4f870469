"""The faults of a retraining on Spark."""

import os
import shutil
import signal
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from benchmarks.faults.site import FaultSite
from benchmarks.support.processes import wait_until

ON_SPARK = ("retrain", "--trainer", "spark", "--force", "--set=dimension=6", "--set=blocks=2")
CLUSTER = "local-cluster[2,1,1024]"
EXECUTOR = b"CoarseGrainedExecutorBackend"
PATIENCE = 60.0
"""Seconds to wait for a state: Spark starts slowly, and the machine may be busy."""


def kill_a_retrain_on_spark(site: FaultSite) -> str:
    """Kill only the command itself: the processes that it started must end too."""
    before = site.active()
    with site.start("manage.py", *ON_SPARK, "--set=epochs=1000") as process:
        process.wait_until_said("of 4000")
        os.kill(process.popen.pid, signal.SIGKILL)
        process.popen.wait()
        wait_until(lambda: _group(process.popen.pid) == [], PATIENCE)
    assert site.active() == before
    done = site.run(*ON_SPARK, "--set=epochs=2")
    assert done.returncode == 0, done.stderr
    assert [status for status, _, _ in site.run_states()[:2]] == ["succeeded", "failed"]
    wait_until(lambda: site.serves(site.active()), PATIENCE)
    return "Spark ends too, the previous version keeps serving, and the next run works"


def kill_an_executor_of_spark(site: FaultSite) -> str:
    with site.start("manage.py", *ON_SPARK, "--set=epochs=40", SPARK_MASTER=CLUSTER) as process:
        process.wait_until_said("trial: ALS")
        wait_until(lambda: "of 160" in process.said() and _executors(process.popen.pid) != [], PATIENCE)
        os.kill(_executors(process.popen.pid)[0], signal.SIGKILL)
        code = process.popen.wait(4 * PATIENCE)
    assert code == 0, process.said()[-500:]
    wait_until(lambda: site.serves(site.active()), PATIENCE)
    return "Spark starts another, and the version is published"


def _group(leader: int) -> list[int]:
    """Return the processes of a process group."""
    pids = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == leader:
                pids.append(int(folder.name))
        except ProcessLookupError:
            continue
    return pids


def _executors(leader: int) -> list[int]:
    return [pid for pid in _group(leader) if EXECUTOR in _command(pid)]


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


PLAYS: tuple[Callable[[FaultSite], str], ...] = (kill_a_retrain_on_spark, kill_an_executor_of_spark)
HERE = bool(find_spec("pyspark") and shutil.which("java"))
