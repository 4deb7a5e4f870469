"""A compose file, run with podman: what one service says becomes the options of one `podman run`."""

import json
import re
import shlex
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from deploy.container_test.engine import CommandError, Engine

IGNORED = {"build", "restart", "logging", "depends_on", "healthcheck"}
"""Keys of a service that change nothing about how one container is started, or that are handled elsewhere."""


class ComposeError(ValueError):
    """A compose file says something that this program cannot do."""


def interpolated(text: str, variables: dict[str, str]) -> str:
    """Return a text with `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$` replaced as Compose does."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name, kind, rest = match["name"], match["kind"], match["rest"]
        if given := variables.get(name):
            return given
        if kind == ":?":
            raise ComposeError(f"{name} is missing: {rest}")
        return rest or ""

    return re.sub(r"\$\$|\$\{(?P<name>\w+)(?:(?P<kind>:[-?])(?P<rest>[^}]*))?\}", value, text)


def words(value: str | list[str]) -> list[str]:
    return shlex.split(value) if isinstance(value, str) else [str(word) for word in value]


def seconds(value: str) -> float:
    return float(value.removesuffix("m")) * 60 if value.endswith("m") else float(value.removesuffix("s"))


@dataclass
class Project:
    """The services of one compose file."""

    engine: Engine
    folder: Path
    images: dict[str, str]
    """The images to use, by the name before the tag in the compose file."""
    variables: dict[str, str]
    name: str = "recsite-test"
    publish: bool = True
    described: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        def filled(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: filled(inner) for key, inner in value.items()}
            if isinstance(value, list):
                return [filled(inner) for inner in value]
            return interpolated(value, self.variables) if isinstance(value, str) else value

        self.described = filled(yaml.safe_load((self.folder / "compose.yaml").read_text()))
        self.networks = self.described.get("networks") or {"default": None}

    @property
    def services(self) -> dict[str, Any]:
        services: dict[str, Any] = self.described["services"]
        return services

    def in_order(self, *services: str) -> list[str]:
        """These services (all, if none are named) and what they depend on, the latter first."""
        ordered: dict[str, None] = {}
        for service in services or self.services:
            if service not in ordered:
                ordered |= dict.fromkeys(self.in_order(*others) if (others := self.depends_on(service)) else ())
                ordered[service] = None
        return list(ordered)

    def depends_on(self, service: str) -> dict[str, Any]:
        depends_on: dict[str, Any] = self.services[service].get("depends_on", {})
        return depends_on

    def container(self, service: str) -> str:
        return f"{self.name}-{service}"

    def options(self, service: str) -> list[str]:
        """Every option of `podman run` for a service, the image and its command excluded."""
        given = {key: value for key, value in self.services[service].items() if key not in IGNORED}
        given.pop("image"), given.pop("command", None)
        options = [*self.engine.limits(), "--read-only-tmpfs=false"]
        options += [f"--env={name}={value}" for name, value in given.pop("environment", {}).items()]
        options += [f"--volume={volume}" for volume in map(self._volume, given.pop("volumes", ()))]
        for secret in given.pop("secrets", ()):
            file = self.folder / self.described["secrets"][secret]["file"]
            options.append(f"--volume={file}:/run/secrets/{secret}:ro")
        for network in given.pop("networks", ["default"]):
            options.append(f"--network={self.name}_{network}:alias={service}")
        options += [f"--publish={port}" for port in given.pop("ports", ()) if self.publish]
        for key, option in (("tmpfs", "tmpfs"), ("cap_drop", "cap-drop"), ("security_opt", "security-opt")):
            options += [f"--{option}={value.removesuffix(':true')}" for value in given.pop(key, ())]
        for key, option in (("read_only", "read-only"), ("init", "init")):
            options += [f"--{option}"] if given.pop(key, False) else []
        for key, option in (("user", "user"), ("shm_size", "shm-size")):
            options += [f"--{option}={given.pop(key)}"] if key in given else []
        if "stop_grace_period" in given:
            options.append(f"--stop-timeout={seconds(given.pop('stop_grace_period')):.0f}")
        if "entrypoint" in given:
            options.append(f"--entrypoint={json.dumps(words(given.pop('entrypoint')))}")
        limits = dict(given.pop("deploy", {"resources": {"limits": {}}})["resources"]["limits"])
        for key, option in (("cpus", "cpus"), ("memory", "memory"), ("pids", "pids-limit")):
            options += [f"--{option}={limits.pop(key)}"] if key in limits else []
        if given or limits:
            raise ComposeError(f"{service}: {', '.join([*given, *limits])} cannot be handed to podman yet.")
        return options

    def _volume(self, volume: str) -> str:
        source, target = volume.split(":", 1)
        return f"{self.folder / source if source.startswith(('.', '/')) else f'{self.name}_{source}'}:{target}"

    def image(self, service: str) -> str:
        return self.images[self.services[service]["image"].partition(":")[0]]

    def run(self, service: str, *command: str, volumes: tuple[str, ...] = (), timeout: float = 1800) -> str:
        """As `docker compose run --rm`: what a command prints in a new container of a service."""
        self.make_networks()
        options = [*self._unpublished(service), *(f"--volume={volume}" for volume in volumes)]
        return self.engine("run", "--rm", *options, self.image(service), *command, timeout=timeout)

    def _unpublished(self, service: str) -> list[str]:
        unwanted = ("--publish", f"--network={self.name}_")
        networks = self.services[service].get("networks", ["default"])
        kept = [option for option in self.options(service) if not option.startswith(unwanted)]
        return [*kept, *(f"--network={self.name}_{network}" for network in networks)]

    def exec(self, service: str, *command: str, user: str = "") -> str:
        options = [f"--user={user}"] if user else []
        return self.engine("exec", *options, self.container(service), *command)

    def make_networks(self) -> None:
        there = self.engine("network", "ls", "--format", "{{.Name}}").split()
        for network, settings in self.networks.items():
            if f"{self.name}_{network}" not in there:
                internal = ["--internal"] if (settings or {}).get("internal") else []
                self.engine("network", "create", *internal, f"{self.name}_{network}")

    def up(self, *services: str) -> dict[str, float]:
        """Start services and what they depend on, each when the others are as it wants; seconds until each was so."""
        self.make_networks()
        return {service: self._start(service) for service in self.in_order(*services)}

    def _start(self, service: str) -> float:
        began = time.monotonic()
        once = self.services[service].get("restart") == "no"
        if not self.engine("ps", "--quiet", "--filter", f"name=^{self.container(service)}$"):
            command = words(self.services[service].get("command", []))
            name = f"--name={self.container(service)}"
            options = ["--rm" if once else "--detach", name, *self.options(service)]
            self.engine("run", *options, self.image(service), *command)
        self.wait(service)
        return time.monotonic() - began

    def wait(self, service: str, timeout: float = 240) -> None:
        """Until a service is healthy.  Raises `CommandError` with its log."""
        check = self.services[service].get("healthcheck")
        if not check or self.services[service].get("restart") == "no":
            return
        kind, *command = check["test"]
        if kind == "CMD-SHELL":
            command = ["sh", "-c", *command]
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.exec(service, *command)
            except CommandError as error:
                if time.monotonic() > deadline:
                    log = self.log(service)
                    raise CommandError(f"{service} is not healthy after {timeout} s.\n{error}\n{log}") from error
                time.sleep(0.5)
            else:
                return

    def log(self, service: str, lines: int = 40) -> str:
        return self.engine("logs", "--tail", str(lines), self.container(service))

    def address(self, service: str) -> str:
        """The address of a service in its first network, which this host reaches."""
        networks = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        return self.engine("inspect", "--format", networks, self.container(service)).split()[0]

    def down(self, *, volumes: bool = False) -> None:
        """Stop and remove the containers as Compose does, those that depend on others first."""
        names = self.engine("ps", "--all", "--format", "{{.Names}}").split()
        for service in reversed(self.in_order()):
            if self.container(service) in names:
                self.engine("stop", self.container(service))
                self.engine("rm", "--force", "--volumes", self.container(service))
        for network in self.networks:
            self.engine("network", "rm", "--force", f"{self.name}_{network}")
        if volumes:
            self.engine("volume", "prune", "--force")
