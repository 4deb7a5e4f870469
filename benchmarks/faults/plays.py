"""The faults: each function injects one into a running site, checks what must hold, and returns a summary."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.faults.site import FaultSite
from benchmarks.support.processes import QUICK, wait_until

PHASES = ("read", "trial", "evaluate", "train", "index", "judge", "publish")
PATIENCE = 30.0
"""Seconds to wait for a state: the machine may be busy."""
ENDLESS = (*QUICK[:2], "--set=epochs=1000000", "--set=threads=1")
REQUEST_RETRAINING = """
import time
from recommendations.training.dispatch import BrokerUnavailableError, request_retraining
started = time.monotonic()
try:
    request_retraining()
except BrokerUnavailableError:
    print(round(time.monotonic() - started, 1))
"""


def kill_a_retrain_in_each_phase(site: FaultSite) -> str:
    before, outcomes = site.active(), []
    for phase in PHASES:
        with site.start("manage.py", "retrain", "--force", *QUICK) as process:
            process.wait_until_said(f"{phase}\n")
            process.kill()
        assert site.run("runs").returncode == 0
        status, at, _ = site.run_states()[0]
        assert status == "failed" or (status == "succeeded" and phase in PHASES[-2:]), (status, at)
        outcomes.append(f"{phase}: {status}")
    assert site.active() == before or "succeeded" in outcomes[-1] + outcomes[-2]
    assert not list(site.artifacts.glob(".staging*"))
    site.retrain()
    return ", ".join(outcomes)


def kill_only_the_child_that_tries_a_version(site: FaultSite) -> str:
    before = site.active()
    with site.start("manage.py", "retrain", *QUICK) as process:
        process.wait_until_said("judge\n")
        wait_until(lambda: _smoke_tests(process.popen.pid) != [], 20, step=0.001)
        for child in _smoke_tests(process.popen.pid):
            os.kill(child, signal.SIGKILL)
        code = process.popen.wait(60)
    assert code == 4, process.said()[-500:]
    assert site.active() == before
    return "the gate refused the version, exit code 4"


def kill_the_worker_while_it_trains(site: FaultSite) -> str:
    parameters = {"config": {"recipe": "article", "epochs": 1_000_000, "threads": 1}}
    site.query(
        "from recommendations.training.dispatch import request_retraining\n"
        f"request_retraining(parameters={parameters!r})"
    )
    wait_until(lambda: site.run_states()[0][:2] == ("running", "trial"), 60)
    site.worker.kill()

    def found_dead() -> bool:
        site.run("runs")
        return site.run_states()[0][0] == "failed"

    # A killed process stays visible until its new parent reaps it.
    wait_until(found_dead, PATIENCE)
    name = site.retrain()
    wait_until(lambda: site.serves(name), PATIENCE)
    return "the run of the dead process is marked as failed, and the next run works"


def two_retrains_at_once(site: FaultSite) -> str:
    with site.start("manage.py", "retrain", *ENDLESS) as first:
        first.wait_until_said("trial: fit 1 of")
        second = site.run("retrain", *QUICK)
        first.kill(signal.SIGINT)
        code = first.popen.wait(30)
    assert (second.returncode, code) == (3, 130), (second.stderr, code)
    return f"the second exits with code 3: {second.stderr.strip().splitlines()[-1]}"


def restart_the_database_while_a_run_trains(site: FaultSite) -> str:
    with site.start("manage.py", "retrain", "--force", *QUICK) as process:
        process.wait_until_said("train\n")
        site.database.stop()
        site.database.start()
        code = process.popen.wait(120)
    status = site.run_states()[0][0]
    assert (code, status) in ((0, "succeeded"), (1, "failed"), (1, "running")), process.said()[-500:]
    return f"the run {status} with exit code {code}"


def stop_the_database(site: FaultSite) -> str:
    site.database.stop()
    time.sleep(5)
    site.database.start()
    return "stopped for 5 s"


def freeze_the_database(site: FaultSite) -> str:
    site.database.send(signal.SIGSTOP)
    time.sleep(15)
    site.database.send(signal.SIGCONT)
    return "frozen for 15 s"


def stop_redis(site: FaultSite) -> str:
    site.redis.stop()
    seconds = site.query(REQUEST_RETRAINING)
    time.sleep(3)
    site.redis.start()
    assert float(seconds) < 3, seconds
    return f"stopped for a few seconds; a retraining requested meanwhile was refused after {seconds} s"


def freeze_redis(site: FaultSite) -> str:
    site.redis.send(signal.SIGSTOP)
    seconds = site.query(REQUEST_RETRAINING)
    time.sleep(3)
    site.redis.send(signal.SIGCONT)
    assert float(seconds) < 3, seconds
    return f"frozen for a few seconds; a retraining requested meanwhile was refused after {seconds} s"


def _damaged(site: FaultSite, damage: Callable[[Path], None]) -> str:
    """Damage a version that no process has mapped, and activate it in the database, bypassing verification."""
    before, name = site.active(), site.retrain()
    assert site.run("activate", before).returncode == 0
    # Any process may answer each time, and none may still have the version mapped that is damaged next.
    wait_until(lambda: all(site.serves(before) for _ in range(20)), PATIENCE)
    damage(site.folder_of(name))
    site.sql("UPDATE recommendations_modelversion SET is_active = false WHERE is_active")
    site.sql(f"UPDATE recommendations_modelversion SET is_active = true WHERE name = '{name}'")  # noqa: S608 - a name that the site generated
    wait_until(site.degraded, PATIENCE)
    assert site.serves(before)
    done = site.run("activate", "--previous")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: not site.degraded(), PATIENCE)
    assert site.active() == before
    return "degraded while the previous version kept serving; recovered after `activate --previous`"


def _replace(path: Path, content: bytes | bytearray) -> None:
    """Replace a file by a new one: truncating it in place would crash the processes that have mapped it."""
    path.unlink()
    path.write_bytes(content)


def remove_a_versions_files(site: FaultSite) -> str:
    return _damaged(site, shutil.rmtree)


def flip_one_bit(site: FaultSite) -> str:
    def flip(folder: Path) -> None:
        content = bytearray((folder / "movies.ann").read_bytes())
        content[len(content) // 2] ^= 1
        _replace(folder / "movies.ann", content)

    return _damaged(site, flip)


def cut_a_file(site: FaultSite) -> str:
    def cut(folder: Path) -> None:
        _replace(folder / "items.npy", (folder / "items.npy").read_bytes()[:-64])

    return _damaged(site, cut)


def swap_two_files(site: FaultSite) -> str:
    def swap(folder: Path) -> None:
        _replace(folder / "items.npy", (folder / "directions.npy").read_bytes())

    return _damaged(site, swap)


def fill_the_disk(site: FaultSite) -> str:
    disk = site.folder / "small"
    disk.mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False)
    if mounted.returncode:
        return "skipped: this user cannot mount a small disk"
    try:
        done = site.run("retrain", *QUICK, RECOMMENDER_ARTIFACTS=str(disk))
        leftovers = list(disk.iterdir())
    finally:
        subprocess.run(["umount", disk], check=True)
    assert done.returncode == 1, done.stdout
    assert not leftovers, leftovers
    assert site.run_states()[0][0] == "failed"
    return done.stderr.strip().splitlines()[-1]


def _smoke_tests(process: int) -> list[int]:
    try:
        tasks = Path(f"/proc/{process}/task").glob("*/children")
        return [int(child) for task in tasks for child in task.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


PLAYS: tuple[Callable[[FaultSite], str], ...] = (
    kill_a_retrain_in_each_phase,
    kill_only_the_child_that_tries_a_version,
    two_retrains_at_once,
    remove_a_versions_files,
    flip_one_bit,
    cut_a_file,
    swap_two_files,
    fill_the_disk,
    stop_redis,
    freeze_redis,
    stop_the_database,
    freeze_the_database,
    restart_the_database_while_a_run_trains,
    kill_the_worker_while_it_trains,
)
WITHOUT_DATABASE = (stop_the_database, freeze_the_database, restart_the_database_while_a_run_trains)
