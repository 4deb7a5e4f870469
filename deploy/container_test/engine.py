"""Podman with a storage of its own, so that nothing else on the host is touched."""

import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


class CommandError(RuntimeError):
    """A command has failed; says which one and what it printed last."""


def run(command: list[str], *, timeout: float = 1800, text: str | None = None) -> str:
    """Return what a command prints on standard output.  Raises `CommandError`."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, input=text, check=False)
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
        raise CommandError(f"{' '.join(command)[:500]}\nexit code {done.returncode}\n{last}")
    return done.stdout


@dataclass
class Engine:
    """Podman on the storage below `folder`.

    Attributes
    ----------
    host_files : list of Path
        Files and folders of the host that builds see read-only: its configuration of pip, its certificates.
    """

    folder: Path
    host_files: list[Path] = field(default_factory=list)
    runtime: str = ""

    @property
    def podman(self) -> list[str]:
        storage = ["--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run")]
        return ["podman", *storage, *(["--runtime", self.runtime] if self.runtime else [])]

    def __call__(self, *arguments: str, timeout: float = 1800, text: str | None = None) -> str:
        return run([*self.podman, *arguments], timeout=timeout, text=text).strip()

    def build(self, context: Path, tag: str, *options: str) -> None:
        mounts = [f"--volume={path}:{path}:ro" for path in self.host_files]
        isolation = ["--isolation=chroot", "--network=host", "--pull=never"]
        self("build", *isolation, *mounts, *options, "--tag", tag, str(context), timeout=3600)

    def has(self, image: str) -> bool:
        return bool(self("images", "--quiet", "--filter", f"reference={image}"))

    def size(self, image: str) -> int:
        return int(self("image", "inspect", "--format", "{{.Size}}", image))

    @contextmanager
    def files(self, image: str) -> Iterator[Path]:
        """Where the files of an image can be read."""
        yield Path(self("image", "mount", image))
        self("image", "unmount", image)

    def choose_runtime(self, image: str) -> str:
        """Use the first runtime that starts a container here; crun, for one, refuses hybrid control groups."""
        refusals = []
        for runtime in ("crun", "runc"):
            if not shutil.which(runtime):
                continue
            self.runtime = runtime
            try:
                self("run", "--rm", *self.limits(), "--network=none", "--memory=64m", image, "true")
            except CommandError as error:
                refusals.append(str(error))
            else:
                return runtime
        raise CommandError("\n".join(["No runtime starts a container here: install crun or runc.", *refusals]))

    @staticmethod
    def limits() -> list[str]:
        """Limits below podman's own, which a host that may not raise its limits cannot grant."""
        kinds = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
        allowed = {name: resource.getrlimit(kind)[1] for name, kind in kinds.items()}
        most = {name: 4096 if limit == resource.RLIM_INFINITY else min(limit, 4096) for name, limit in allowed.items()}
        return [f"--ulimit={name}={limit}:{limit}" for name, limit in most.items()]

    def remove_everything(self) -> None:
        """Remove containers, networks, volumes and images of this storage."""
        self("rm", "--all", "--force", "--time", "2")
        self("volume", "prune", "--force")
        self("image", "unmount", "--all")
        self("rmi", "--all", "--force")
        for mount in Path("/proc/mounts").read_text().splitlines():
            target = mount.split()[1]
            if target.startswith(str(self.folder)):
                subprocess.run(["umount", "--lazy", target], check=False)
        shutil.rmtree(self.folder)
