"""A release's files, from a folder or a zip, without trusting either.

Only known base names are ever opened, as streams; nothing is extracted.
"""

import stat
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

MOST_MEMBERS = 1_000
MOST_BYTES = 16 << 30
MOST_COMPRESSION = 200
"""CSV of ratings shrinks about fivefold; what shrinks more than this is made to fill a memory or a disk."""


class UnreadableReleaseError(ValueError):
    """This is no MovieLens release, or none that can be read safely; the message says why."""


@dataclass(frozen=True)
class File:
    """One file of a release."""

    name: str
    size: int
    _path: Path | None = None
    _archive: zipfile.ZipFile | None = None
    _member: str = ""

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The file's bytes; `UnreadableReleaseError` where a zip turns out to be damaged."""
        try:
            with self._path.open("rb") if self._path else self._member_stream() as stream:
                yield stream
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise UnreadableReleaseError(f"{self.name} cannot be read from the zip: {error}") from error

    def _member_stream(self) -> IO[bytes]:
        if self._archive is None:
            raise ValueError("a file has a path or an archive")
        return self._archive.open(self._member)


@contextmanager
def opened(path: Path, names: Collection[str]) -> Iterator[dict[str, File]]:
    """The files of the release at `path`, a folder or a zip, that have one of these names.

    A zip, and a folder, may have them in one folder inside.
    """
    if path.is_dir():
        yield _in_folder(path, names)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield _in_zip(archive, names)
    elif path.exists():
        raise UnreadableReleaseError(f"{path} is neither a folder nor a zip.")
    else:
        raise UnreadableReleaseError(f"{path} does not exist.")


def _in_folder(path: Path, names: Collection[str]) -> dict[str, File]:
    present = _named(path, names)
    if not present:
        inside = [folder for folder in path.iterdir() if folder.is_dir() and not folder.is_symlink()]
        present = _named(inside[0], names) if len(inside) == 1 else []
    return {found.name: _plain_file(found) for found in present}


def _named(folder: Path, names: Collection[str]) -> list[Path]:
    return [found for found in folder.iterdir() if found.name in names]


def _plain_file(path: Path) -> File:
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        raise UnreadableReleaseError(f"{path} is a link or no ordinary file; put the file itself there.")
    return File(path.name, path.stat().st_size, _path=path)


def _in_zip(archive: zipfile.ZipFile, names: Collection[str]) -> dict[str, File]:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise UnreadableReleaseError(f"The zip has {len(members):,} members; a release has a dozen.")
    files: dict[str, File] = {}
    for member in members:
        place = PurePosixPath(member.filename)
        if place.name not in names or member.is_dir() or "__MACOSX" in place.parts:
            continue
        if len(place.parts) > 2 or ".." in place.parts or place.is_absolute():
            raise UnreadableReleaseError(f"The zip has {member.filename!r}; files lie in it or in one folder of it.")
        if place.name in files:
            raise UnreadableReleaseError(f"The zip has {place.name} twice.")
        _check_member(member)
        files[place.name] = File(place.name, member.file_size, _archive=archive, _member=member.filename)
    return files


def _check_member(member: zipfile.ZipInfo) -> None:
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UnreadableReleaseError(f"{member.filename} in the zip is a link.")
    if member.flag_bits & 1:
        raise UnreadableReleaseError(f"{member.filename} in the zip is encrypted.")
    if member.file_size > MOST_BYTES or member.file_size > MOST_COMPRESSION * max(member.compress_size, 1_000):
        raise UnreadableReleaseError(
            f"{member.filename} would grow from {member.compress_size:,} to {member.file_size:,} bytes; "
            "no release does."
        )
