"""Private PostgreSQL and Redis servers that can be stopped, frozen and restarted."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import psycopg2


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def program(name: str) -> str:
    """Return the path of a program; Debian installs PostgreSQL's programs in a folder outside PATH."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), *os.environ["PATH"].split(":")]
    path = shutil.which(name, path=":".join(map(str, folders)))
    if not path:
        raise SystemExit(f"{name} is not installed")
    return path


class Server:
    """A server process; `command` starts it in the foreground."""

    user: str | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, user=self.user, cwd=self.folder, start_new_session=True
            )
        end = time.monotonic() + 60
        while not self.answers():
            assert time.monotonic() < end, f"{self.command()[0]} does not accept connections"
            time.sleep(0.05)

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """Stop immediately, without a clean shutdown."""
        if self.process:
            self.send(signal.SIGCONT)
            self.send(signal.SIGQUIT)
            self.process.wait(30)
            self.process = None

    def send(self, sign: int) -> None:
        """Send a signal to the server and all its processes."""
        assert self.process
        for process in [self.process.pid, *_children(self.process.pid)]:
            try:
                os.kill(process, sign)
            except ProcessLookupError:
                continue


class PostgreSQL(Server):
    user = "postgres" if os.geteuid() == 0 else None

    def create(self) -> str:
        """Create and start a cluster, and return the URL of its database."""
        self.folder.mkdir()
        if self.user:
            shutil.chown(self.folder, self.user)
        subprocess.run(
            [program("initdb"), "--auth=trust", "--username=recsite", "--no-sync", self.folder / "data"],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self.user,
            cwd=self.folder,
        )
        self.start()
        return f"postgres://recsite@127.0.0.1:{self.port}/postgres"

    def command(self) -> list[str]:
        data, port = str(self.folder / "data"), str(self.port)
        return [program("postgres"), "-D", data, "-p", port, "-k", str(self.folder), "-c", "listen_addresses=127.0.0.1"]

    def answers(self) -> bool:
        """Whether it accepts connections, which includes that recovery has finished."""
        try:
            psycopg2.connect(host="127.0.0.1", port=self.port, user="recsite", dbname="postgres").close()
        except psycopg2.OperationalError:
            return False
        return True


class Redis(Server):
    def create(self) -> str:
        self.folder.mkdir()
        self.start()
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [program("redis-server"), "--port", str(self.port), "--dir", str(self.folder), "--save", ""]

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


def _children(process: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except FileNotFoundError:
        return []
