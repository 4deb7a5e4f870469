"""The images that the test needs, and what must not be in them."""

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from deploy.container_test.engine import CommandError, Engine, run

STAND_INS = Path(__file__).parent / "stand_ins"
PREFIX = "localhost/recsite-test"
PLANTED = (
    *("secrets/secret_key", "secrets/tls/key.pem", "var/env", "var/db.sqlite3", ".env", ".netrc"),
    *("recsite/.env", "recsite/settings/.secret", "movies/.netrc", "tests/secret", "fixtures/secret", "secret.pem"),
    *("recsite/__pycache__/secret.cpython-311.pyc", "movies/stale.pyc", "benchmarks/secret", ".git/config"),
)
"""Where the test puts a marked secret before it builds: none may reach the image."""
OURS = re.compile(r"manage\.py|gunicorn\.conf\.py|LICENSE|NOTICE\.md|(recsite|movies|recommendations|var/static)(/.*)?")
EMPTY = {"var", "var/artifacts", "var/posters", "var/numba"}
TOOLS = {"gcc", "g++", "cc", "c++", "cc1", "cc1plus", "ld", "make", "pip", "pip3"}


def host_files() -> list[Path]:
    """What a build needs of this host to install packages: pip's configuration, local indexes, certificates.

    More can be named in CONTAINER_TEST_MOUNTS, separated by colons.
    """
    paths = [Path("/etc/pip.conf"), Path("/etc/xdg/pip"), Path("/etc/ssl/certs/ca-certificates.crt")]
    paths += map(Path, filter(None, os.environ.get("CONTAINER_TEST_MOUNTS", "").split(":")))
    configured = subprocess.run(["pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    for option in re.findall(r"(?:find-links|index-url)='([^']*)'", configured):
        paths += [Path(urlsplit(place).path) for place in option.split() if urlsplit(place).scheme in ("", "file")]
    # A folder may be the index itself or hold it beside its files.
    paths = [path.parent if path.name == "simple" else path for path in paths]
    return sorted({path for path in paths if path.exists()})


def make_stand_ins(engine: Engine) -> list[str]:
    """Build the images that stand in for the official ones; those that are there already are kept."""
    base = f"{PREFIX}/debian"
    if not engine.has(base):
        archive = engine.folder / "debian.tar"
        run(["mmdebstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", str(archive)])
        engine("import", str(archive), base)
        archive.unlink()
    engine.choose_runtime(base)
    targets = re.findall(r"^FROM .* AS (\S+)$", (STAND_INS / "Containerfile").read_text(), re.MULTILINE)
    for target in targets:
        if not engine.has(f"{PREFIX}/{target}"):
            engine.build(STAND_INS, f"{PREFIX}/{target}", f"--target={target}")
    return targets


def tracked_tree(root: Path, target: Path) -> Path:
    """Copy the files of the work tree that are, or would be, in the repository."""
    listed = run(["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"])
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    return target


def tree_of(root: Path, commit: str, target: Path) -> Path:
    """Copy the files of a commit."""
    target.mkdir(parents=True)
    archive = target.with_suffix(".tar")
    run(["git", "-C", str(root), "archive", "--output", str(archive), commit])
    run(["tar", "--extract", "--file", str(archive), "--directory", str(target)])
    archive.unlink()
    return target


def plant(tree: Path) -> str:
    """Write a marked secret wherever one may lie in a work tree; return the mark."""
    mark = secrets.token_hex(24)
    for name in PLANTED:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(mark)
    return mark


def build(engine: Engine, tree: Path, tag: str) -> None:
    """Build the Dockerfile of a tree, with the stand-ins under the names of the images that it starts from."""
    source = (tree / "Dockerfile").read_text()
    arguments = dict(re.findall(r"^ARG (\w+)=(\S+)", source, re.MULTILINE))
    for name in re.findall(r"^FROM (\S+)", source, re.MULTILINE):
        image = arguments.get(name.strip("${}"), name)
        # An image without "slim", or one that installs its own compilers, must bring Python's headers.
        compiles = "slim" not in image or "build-essential" in source
        full = image if "/" in image else f"docker.io/library/{image}"
        engine("tag", f"{PREFIX}/{'python-build' if compiles else 'python'}", full)
    engine.build(tree, tag)


def unwanted_files(engine: Engine, image: str, mark: str) -> list[str]:
    """Files of an image that must not be there, each with the reason."""
    with engine.files(image) as root:
        return [f"{path.relative_to(root)}: {reason}" for path, reason in _unwanted(root, mark.encode())]


def _unwanted(root: Path, mark: bytes) -> Iterator[tuple[Path, str]]:
    for path in (root / "app").rglob("*"):
        name = path.relative_to(root / "app").as_posix()
        if name not in EMPTY and not OURS.fullmatch(name):
            yield path, "is not needed in production"
        elif re.search(r"(^|/)(tests?|fixtures|benchmarks|\..*)(/|$)|(^|/)(test_\w+|conftest)\.py$", name):
            yield path, "belongs to development"
    for path in root.rglob("*"):
        if path.name in TOOLS and (path.parent.name == "bin" or path.name.startswith("cc1")):
            yield path, "builds or installs software"
        if path.is_symlink() or not path.is_file():
            continue
        if mark in path.read_bytes():
            yield path, "holds a secret of the work tree"
        if path.stat().st_mode & 0o6000 and (root / "app" in path.parents or root / "venv" in path.parents):
            yield path, "changes the user who runs it"


def listing(engine: Engine, image: str) -> dict[str, int]:
    """Megabytes of the folders of an image that are largest."""
    with engine.files(image) as root:
        folders = [folder for folder in (root / "usr", root / "app", root / "venv") if folder.is_dir()]
        sizes = [run(["du", "--summarize", "--block-size=1000000", str(folder)]).split()[0] for folder in folders]
        return {folder.name: int(size) for folder, size in zip(folders, sizes, strict=True)}


def history(engine: Engine, image: str, mark: str) -> None:
    """Raises `CommandError` if the steps that made an image, or its environment, hold the mark."""
    told = engine("history", "--no-trunc", image) + engine("image", "inspect", image)
    if mark in told:
        raise CommandError(f"The description of {image} holds a secret.")
