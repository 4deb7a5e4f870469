"""Safe access to the members of an uploaded zip: nothing is extracted to disk, and expansion is limited."""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from movies.transfer.entries import MOST_BYTES, UnreadableError

MOST_MEMBERS = 1_000
MOST_READ = 60
MOST_EXPANDED = 3 * MOST_BYTES
"""Bytes of all members that are read, together."""
SUFFIXES = (".csv", ".tsv", ".txt", ".json")
IGNORED = ("__MACOSX", "deleted", "orphaned", "lists", "comments")
"""Folders that repeat what was deleted, or that are the lists of a site."""
_TRICKS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


def is_zip(data: bytes) -> bool:
    return data.startswith(b"PK\x03\x04")


def members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and contents of the tables in a zip; `UnreadableError` if it is damaged, encrypted or a bomb."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = archive.infolist()
            if len(found) > MOST_MEMBERS:
                raise UnreadableError(
                    f"The zip has {len(found):,} members. Unpack it, and choose the CSV of your ratings."
                )
            if any(member.filename.startswith("xl/workbook") for member in found):
                raise UnreadableError(
                    "This is an Excel workbook. Save it as “CSV UTF-8” in Excel, and choose that file."
                )
            left = MOST_EXPANDED
            for member in [member for member in found if _is_table(member)][:MOST_READ]:
                contents = _contents(archive, member, left)
                left -= len(contents)
                yield member.filename, contents
    except UnreadableError:
        raise
    except _TRICKS as error:
        raise UnreadableError(f"The zip is damaged ({error}). Download it again.") from error


def _is_table(member: zipfile.ZipInfo) -> bool:
    # Some Windows programs separate folders by backslashes, against the zip specification.
    path = PurePosixPath(member.filename.replace("\\", "/"))
    return (
        not member.is_dir()
        and path.suffix.casefold() in SUFFIXES
        and not path.name.startswith(".")
        and not set(path.parts[:-1]) & set(IGNORED)
    )


def _contents(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> bytes:
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UnreadableError(f"{member.filename} in the zip is a link. Unpack the zip, and choose the file itself.")
    if member.flag_bits & 1:
        raise UnreadableError(f"{member.filename} in the zip is encrypted. Unpack it, and choose the file inside.")
    most = min(MOST_BYTES, left)
    # The size that the zip declares may be false: what is read is limited, whatever it says.
    with archive.open(member) as stream:
        contents = stream.read(most + 1)
    if len(contents) > most:
        raise UnreadableError(
            f"{member.filename} in the zip is larger than {MOST_BYTES // 1_000_000} MB unpacked. "
            "Unpack it, split the file, and import the parts."
        )
    return contents
