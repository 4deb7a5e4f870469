"""The real site in processes of its own: commands, workers and servers, with their signals and databases."""

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

ROOT = Path(__file__).resolve().parents[2]
BUILD = """
from django.core.management import call_command
from benchmarks.support.worlds import build
call_command("migrate", verbosity=0)
call_command("createcachetable")
build()
"""
PATIENCE = 300.0
"""Seconds to wait for a condition that usually takes a few: the machine may be busy."""
QUICK = ("--set=recipe=article", "--set=dimension=6", "--set=epochs=15", "--set=threads=1")


class Site:
    """An installation of the site with its own database, and with artifacts and a broker below `folder`."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.artifacts = folder / "artifacts"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"},
            "DATABASE_URL": database_url,
            "RECOMMENDER_ARTIFACTS": str(self.artifacts),
            "CELERY_BROKER_URL": f"filesystem://{folder / 'broker'}",
            "PYTHONUNBUFFERED": "1",
        }

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a management command and wait for it."""
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def query(self, code: str) -> str:
        """Run Python code with all models imported, and return its output."""
        imports = "from movies.models import *; from recommendations.models import *\n"
        done = self.run("shell", "--no-imports", "-c", imports + code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of an SQL query, without starting a process."""
        url = self.environment["DATABASE_URL"]
        connect = psycopg2.connect if url.startswith("postgres") else sqlite3.connect
        with contextlib.closing(connect(url.removeprefix("sqlite:///"))) as connection:
            cursor = connection.cursor()
            cursor.execute(query)
            rows = list(cursor.fetchall()) if cursor.description else []
            connection.commit()
        return rows

    @contextlib.contextmanager
    def start(self, *command: str, **more: str) -> Iterator["Process"]:
        """Start a process that is killed with its children at the end of the block."""
        program = [sys.executable, *command]
        process = Process(
            program, {**self.environment, **more}, self.folder / f"{len(list(self.folder.iterdir()))}.log"
        )
        try:
            yield process
        finally:
            process.kill()


class Process:
    """A process in its own process group, with both output streams written to a file."""

    def __init__(self, program: list[str], environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("w") as file:
            self.popen = subprocess.Popen(
                program, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
            )

    def said(self) -> str:
        return self.log.read_text()

    def wait_until_said(self, text: str, seconds: float = PATIENCE) -> None:
        wait_until(lambda: text in self.said() or self.popen.poll() is not None, seconds, step=0.002)
        assert text in self.said(), self.said()

    def kill(self, sign: int = signal.SIGKILL) -> None:
        """Send a signal to the process and all its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, sign)
        if sign == signal.SIGKILL:
            self.popen.wait()


def wait_until(happened: Callable[[], bool], seconds: float = PATIENCE, step: float = 0.05) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"the condition did not become true within {seconds} s"
        time.sleep(step)


def ready(site: Site) -> Site:
    """Create the tables and the small world."""
    done = site.run("shell", "--no-imports", "-c", BUILD)
    assert done.returncode == 0, done.stderr
    return site


@contextlib.contextmanager
def served(site: Site, *options: str, **more: str) -> Iterator[str]:
    """Serve the site with gunicorn, which is killed with its workers at the end of the block; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ("-m", "gunicorn", "recsite.wsgi", "--bind", f"127.0.0.1:{port}", *options)
    with site.start(*command, ALLOWED_HOSTS="127.0.0.1", **more) as process:
        wait_until(lambda: _listens(port) or process.popen.poll() is not None)
        assert process.popen.poll() is None, process.said()
        yield f"http://127.0.0.1:{port}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def own_database(folder: Path, original: str = "", server: str = "") -> Iterator[str]:
    """Yield the URL of an empty database, of the kind the tests run on, or of a copy of the database `original`.

    Another `server` may be given: the URL of one of its databases, or anything else for SQLite.
    """
    url = server or os.environ["DATABASE_URL"]
    if not url.startswith("postgres"):
        path = folder / "db.sqlite3"
        if original:
            shutil.copy(original.removeprefix("sqlite:///"), path)
        yield f"sqlite:///{path}"
        return
    name = f"recsite_{os.getpid()}_{folder.name}".replace("-", "_").lower()[:60]
    template = original.rpartition("/")[2] or "template1"
    connection = psycopg2.connect(url)
    connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield url.rpartition("/")[0] + f"/{name}"
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextlib.contextmanager
def copy_of(site: Site, folder: Path) -> Iterator[Site]:
    """Yield another site that starts with a copy of this one's database and artifacts."""
    with own_database(folder, site.environment["DATABASE_URL"]) as url:
        copy = Site(folder, url)
        if site.artifacts.exists():
            shutil.copytree(site.artifacts, copy.artifacts)
        yield copy
