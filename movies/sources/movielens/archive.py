"""Safe access to a release's files in an untrusted folder or zip.

Only known base names are opened, as streams; nothing is extracted.
"""

import stat
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

RESOURCE_FORKS = "__MACOSX"
MOST_MEMBERS = 1_000
MOST_BYTES = 16 << 30
MOST_COMPRESSION = 200
"""CSV of ratings compresses about fivefold; a higher ratio than this indicates a zip bomb."""


class UnreadableReleaseError(ValueError):
    """The path is not a MovieLens release that can be read safely; the message says why."""


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
        """Open the file for reading; a damaged zip raises `UnreadableReleaseError`."""
        try:
            with self._path.open("rb") if self._path else self._member_stream() as stream:
                yield stream
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise UnreadableReleaseError(f"{self.name} cannot be read from the zip: {error}") from error

    def _member_stream(self) -> IO[bytes]:
        if self._archive is None:
            raise ValueError("A file needs a path or an archive.")
        return self._archive.open(self._member)


@contextmanager
def open_archive(path: Path, names: Collection[str]) -> Iterator[dict[str, File]]:
    """Yield the files with these names in a folder or zip, by name.

    They may lie in a single subfolder of it.
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
        subfolders = [folder for folder in path.iterdir() if folder.is_dir() and not _is_no_release(folder)]
        present = _named(subfolders[0], names) if len(subfolders) == 1 else []
    return {file.name: _regular_file(file) for file in present}


def _is_no_release(folder: Path) -> bool:
    """Return whether a folder is a link, hidden, or the resource forks that macOS puts into zips."""
    return folder.is_symlink() or folder.name == RESOURCE_FORKS or folder.name.startswith(".")


def _named(folder: Path, names: Collection[str]) -> list[Path]:
    return [path for path in folder.iterdir() if path.name in names]


def _regular_file(path: Path) -> File:
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        raise UnreadableReleaseError(f"{path} is a link or not a regular file. Replace it by the file itself.")
    return File(path.name, path.stat().st_size, _path=path)


def _in_zip(archive: zipfile.ZipFile, names: Collection[str]) -> dict[str, File]:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise UnreadableReleaseError(f"The zip has {len(members):,} members; a release has about a dozen.")
    files: dict[str, File] = {}
    for member in members:
        # Some Windows programs separate folders by backslashes, against the zip specification.
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.name not in names or member.is_dir() or RESOURCE_FORKS in path.parts:
            continue
        if len(path.parts) > 2 or ".." in path.parts or path.is_absolute():
            raise UnreadableReleaseError(
                f"The zip contains {member.filename!r}; files must be at its top level or in one folder."
            )
        if path.name in files:
            raise UnreadableReleaseError(f"The zip contains {path.name} twice.")
        _check_member(member)
        files[path.name] = File(path.name, member.file_size, _archive=archive, _member=member.filename)
    return files


def _check_member(member: zipfile.ZipInfo) -> None:
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UnreadableReleaseError(f"{member.filename} in the zip is a link.")
    if member.flag_bits & 1:
        raise UnreadableReleaseError(f"{member.filename} in the zip is encrypted.")
    if member.file_size > MOST_BYTES or member.file_size > MOST_COMPRESSION * max(member.compress_size, 1_000):
        raise UnreadableReleaseError(
            f"{member.filename} would expand from {member.compress_size:,} to {member.file_size:,} bytes, "
            "more than a file of any release."
        )
