"""Write, seal and verify a version's artifacts: a folder that never changes after its rename.

A version is written in a staging folder, flushed to disk with its manifest, and renamed. Before it is opened, every
file's length and checksum is compared with the manifest, and the manifest's checksum with the database: one wrong
bit makes Annoy crash the process, and a truncated file loads silently. Nothing here loads a pickle.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

MANIFEST = "manifest.json"
FORMAT = 7
RENAMED_SINCE = {
    6: {
        "trial": "holdout_ndcg",
        "fold_in.rows": "fold_in.long_history_rows",
        "fold_in.first_rows": "fold_in.single_history_rows",
        "fold_in.short_rows": "fold_in.short_history_rows",
        "fold_in.eras": "fold_in.periods",
        "fold_in.moments": "fold_in.period_centers",
        "catalogue": "facets",
        "stars": "rating_predictor",
    },
    FORMAT: {},
}
"""The formats that this release reads, the last two, each with the current names of renamed arrays or array prefixes.

CONTRIBUTING.md describes how a format is added.
"""
STAGING = ".staging-"
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,59}")
_FILE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
_CHUNK = 1 << 20


class ArtifactError(Exception):
    """The files of a version are missing, damaged, or from another version."""


class FormatError(ArtifactError):
    """The files of a version are as published, in a format that this release does not read."""

    def __init__(self, name: str, number: int) -> None:
        readable = " and ".join(str(readable) for readable in RENAMED_SINCE)
        self.is_newer = number > FORMAT
        remedy = (
            "A newer release wrote it: restart this process with that release, or activate an earlier version."
            if self.is_newer
            else "A worker of this release retrains when it starts; `manage.py retrain` does so now."
        )
        super().__init__(f"{name} has format {number}; this release reads {readable}. {remedy}")


def root() -> Path:
    """Return the folder of all versions on this host."""
    return Path(settings.RECOMMENDER_ARTIFACTS)


def is_valid_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name))


def folder_of(name: str) -> Path:
    """Return the folder of a version."""
    if not is_valid_name(name):
        raise ArtifactError(f"{name!r} is not a valid version name.")
    return root() / name


@contextmanager
def staging(owner: str) -> Iterator[Path]:
    """Yield an empty folder to write a version in; it is removed afterwards unless `publish` renamed it."""
    folder = root() / f"{STAGING}{owner}"
    discard_staging(owner)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        discard_staging(owner)


def discard_staging(owner: str) -> None:
    """Remove the staging folder that a failed run may have left."""
    shutil.rmtree(root() / f"{STAGING}{owner}", ignore_errors=True)


def discard_other_staging(owner: str) -> None:
    """Remove the staging folders of earlier runs on this host; only one run is ever alive."""
    for folder in root().glob(f"{STAGING}run-*"):
        if folder.name != f"{STAGING}{owner}":
            shutil.rmtree(folder, ignore_errors=True)


def write_arrays(folder: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write each array as `<name>.npy`, which can be memory-mapped."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)


def seal(folder: Path, details: Mapping[str, Any]) -> str:
    """Write the manifest with every file's checksum and the version's details, and flush all files to disk.

    Returns the SHA-256 of the manifest, which identifies the whole version.
    """
    files = {path.name: _entry(path) for path in sorted(folder.iterdir())}
    text = json.dumps({"format": FORMAT, "files": files, **details}, indent=1, sort_keys=True, allow_nan=False)
    (folder / MANIFEST).write_text(text + "\n")
    for path in folder.iterdir():
        _flush(path)
    _flush(folder)
    return sha256_of(folder / MANIFEST)


def publish(folder: Path, name: str) -> None:
    """Rename a sealed folder to its version's name."""
    target = folder_of(name)
    if target.exists():
        raise ArtifactError(f"Version {name} already exists.")
    folder.rename(target)
    _flush(root())


def remove(name: str) -> None:
    """Remove a version's files. Processes that have mapped them keep them until they unmap."""
    shutil.rmtree(folder_of(name), ignore_errors=True)


def verify(folder: Path, manifest_sha256: str) -> dict[str, Any]:
    """Check every file of a version against its manifest, and return the manifest.

    Raises
    ------
    ArtifactError
        If a file is missing, has another length or checksum, or is not in the manifest.
    """
    manifest = manifest_of(folder, manifest_sha256)
    present = {path.name for path in folder.iterdir()} - {MANIFEST}
    if mismatched := present.symmetric_difference(manifest["files"]):
        raise ArtifactError(f"{folder.name}: {', '.join(sorted(mismatched))}: missing, or not in the manifest.")
    for name, entry in manifest["files"].items():
        length = (folder / name).stat().st_size
        if length != entry["length"]:
            raise ArtifactError(f"{folder.name}/{name} has {length} bytes instead of {entry['length']}.")
        if sha256_of(folder / name) != entry["sha256"]:
            raise ArtifactError(f"{folder.name}/{name} is damaged: its checksum does not match the manifest.")
    return manifest


def open_arrays(folder: Path, format_number: int = FORMAT) -> dict[str, NDArray[Any]]:
    """Map every array of a verified folder read-only, by its current name."""
    renamed = RENAMED_SINCE[format_number]
    return {
        _current_name(path.stem, renamed): np.load(path, mmap_mode="r", allow_pickle=False)
        for path in sorted(folder.glob("*.npy"))
    }


def _current_name(name: str, renamed: Mapping[str, str]) -> str:
    prefix, dot, rest = name.partition(".")
    return renamed.get(name) or f"{renamed.get(prefix, prefix)}{dot}{rest}"


def within(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """Return the arrays named `<prefix>.<name>`, by name."""
    return {name.removeprefix(f"{prefix}."): array for name, array in arrays.items() if name.startswith(f"{prefix}.")}


def prefixed(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Prefix the names of arrays; the inverse of `within`."""
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def size_of(folder: Path) -> int:
    """Return the size of all files in bytes."""
    return sum(path.stat().st_size for path in folder.iterdir())


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def manifest_of(folder: Path, manifest_sha256: str) -> dict[str, Any]:
    """Return a folder's manifest if its checksum matches; the other files are not checked."""
    path = folder / MANIFEST
    if not path.is_file():
        raise ArtifactError(f"There are no artifacts of version {folder.name} in {folder.parent}.")
    if sha256_of(path) != manifest_sha256:
        raise ArtifactError(f"{folder.name}/{MANIFEST} is not the one that was published.")
    manifest = json.loads(path.read_text())
    if manifest["format"] not in RENAMED_SINCE:
        raise FormatError(folder.name, manifest["format"])
    _check_names(folder.name, manifest["files"])
    return dict(manifest)


def _check_names(version: str, names: Iterable[str]) -> None:
    """Refuse names that could leave the version's folder or replace its manifest, before anything is opened."""
    for name in names:
        if not _FILE.fullmatch(name) or name == MANIFEST:
            raise ArtifactError(f"{version}/{MANIFEST} has an invalid file name: {name!r}.")


def _entry(path: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {"length": path.stat().st_size, "sha256": sha256_of(path)}
    if path.suffix == ".npy":
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        entry |= {"shape": list(array.shape), "dtype": str(array.dtype)}
    return entry


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
