"""The file of a backup: a zip whose manifest has the length and SHA-256 of every other member.

Members are written and read as streams. A reader looks members up by the names of the manifest, never extracts one to
the path that its name says, and loads no pickle.
"""

import hashlib
import io
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

FORMAT = 1
MANIFEST = "manifest.json"
ANOTHER = "Use another copy of the backup."
CHUNK = 1 << 20
_NAMES = re.compile(
    r"tables/[a-z][a-z0-9_]*\.jsonl|ratings/\d{6}\.npy|versions/[0-9A-Za-z][\w.-]{0,59}/[0-9A-Za-z][\w.-]{0,99}"
    r"|posters/[0-9A-Za-z][\w.-]{0,99}",
    re.ASCII,
)
_LARGEST_MANIFEST = 64 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
"""What zipfile raises for a damaged or hostile member."""


class BackupError(Exception):
    """A backup cannot be made or restored; the message names the member and the remedy."""


class Writer:
    """A backup that is being written."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members: dict[str, dict[str, Any]] = {}

    @contextmanager
    def member(self, name: str) -> Iterator["_Hashing"]:
        """Yield a file to write one member to."""
        if not _NAMES.fullmatch(name) or name in self._members:
            raise BackupError(f"{name!r} cannot be the name of a member.")
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        with self._archive.open(info, "w", force_zip64=True) as file:
            hashing = _Hashing(file)
            yield hashing
        self._members[name] = {"length": hashing.length, "sha256": hashing.digest.hexdigest()}

    def close(self, details: Mapping[str, Any]) -> None:
        """Write the manifest, as the last member."""
        text = json.dumps({"format": FORMAT, **details, "members": self._members}, indent=1)
        self._archive.writestr(MANIFEST, text, zipfile.ZIP_DEFLATED)


class _Hashing:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.length = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.length += len(data)
        return self._file.write(data)


@contextmanager
def written(path: Path) -> Iterator[Writer]:
    """Yield a writer; `path` appears, readable by its owner alone, once everything is written and on disk."""
    if path.exists():
        raise BackupError(f"{path} exists already. Choose another name, or remove it.")
    partial = path.with_name(f"{path.name}.partial")
    try:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise BackupError(f"{partial} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                yield Writer(archive)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except OSError as error:
        raise BackupError(f"{partial} cannot be written: {error.strerror or error}.") from error
    finally:
        partial.unlink(missing_ok=True)


class Reader:
    """An opened backup. Its members are checked by `verify`, before anything is done with them."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self.path = path
        self._archive = archive
        names = archive.namelist()
        if MANIFEST not in names:
            raise BackupError(f"{path} has no {MANIFEST}: it is no backup, or not a complete one. {ANOTHER}")
        for name in names:
            if name != MANIFEST and not _NAMES.fullmatch(name):
                raise BackupError(f"{path}: {name[:200]!r} is not a name of a member of a backup. {ANOTHER}")
        if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
            raise BackupError(f"{path}: {MANIFEST} is too large to be that of a backup. {ANOTHER}")
        try:
            self.details: dict[str, Any] = json.loads(b"".join(self._chunks(MANIFEST, _LARGEST_MANIFEST)))
            self.members: dict[str, dict[str, Any]] = self.details["members"]
            listed = sorted([*self.members, MANIFEST])
            self.format = int(self.details["format"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise BackupError(f"{path}: {MANIFEST} is not that of a backup ({error!r}). {ANOTHER}") from error
        if self.format != FORMAT:
            raise BackupError(f"{path} has format {self.format}; this release reads {FORMAT}. Restore it with its own.")
        if sorted(names) != listed:
            different = sorted({*names} ^ {*listed}) or sorted(name for name in {*names} if names.count(name) > 1)
            raise BackupError(f"{path}: {different[0]} is missing, twice there or not in {MANIFEST}. {ANOTHER}")

    def starting(self, prefix: str) -> list[str]:
        """Return the names of the members below a folder, in order."""
        return sorted(name for name in self.members if name.startswith(f"{prefix}/"))

    def verify(self, progress: Callable[[str, int], None]) -> None:
        """Read every member, and compare it with the manifest.

        Raises
        ------
        BackupError
            If a member is damaged.
        """
        for name, entry in sorted(self.members.items()):
            digest, length = hashlib.sha256(), 0
            for chunk in self._chunks(name, entry["length"]):
                digest.update(chunk)
                length += len(chunk)
            if length != entry["length"] or digest.hexdigest() != entry["sha256"]:
                raise BackupError(f"{self.path}: {name} is damaged: its checksum is not that of {MANIFEST}. {ANOTHER}")
            progress("verify", length)

    def read(self, name: str) -> bytes:
        """Return a small member."""
        return b"".join(self._chunks(name, self.members[name]["length"]))

    def lines(self, name: str) -> Iterator[str]:
        with self._archive.open(name) as file, io.TextIOWrapper(file, encoding="utf-8", newline="\n") as text:
            yield from text

    def copy(self, name: str, target: Path) -> None:
        with target.open("wb") as file:
            for chunk in self._chunks(name, self.members[name]["length"]):
                file.write(chunk)

    def _chunks(self, name: str, length: int) -> Iterator[bytes]:
        """Read a member, at most one chunk more than its length."""
        try:
            with self._archive.open(name) as file:
                read = 0
                while read <= length and (chunk := file.read(CHUNK)):
                    read += len(chunk)
                    yield chunk
        except _DAMAGE as error:
            raise BackupError(f"{self.path}: {name} is damaged: {error}. {ANOTHER}") from error


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """Open a backup, and check its manifest."""
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, ValueError) as error:
        raise BackupError(f"{path} is not a complete backup, perhaps cut short: {error}. {ANOTHER}") from error
    with archive:
        yield Reader(archive, path)
