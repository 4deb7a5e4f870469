"""Untrusted folders and zips of releases are opened safely or rejected."""

import os
import stat
import zipfile
from pathlib import Path

import pytest

from movies.sources.movielens.archive import MOST_MEMBERS, UnreadableReleaseError, open_archive
from tests.support import releases

NAMES = {"movies.csv", "ratings.csv"}


def read(path: Path) -> dict[str, bytes]:
    with open_archive(path, NAMES) as files:
        contents = {}
        for name, file in files.items():
            with file.open() as stream:
                contents[name] = stream.read()
        return contents


def zip_with(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("inside", ["", "ml-25m/"])
def test_a_folder_and_a_zip_hold_the_same(tmp_path: Path, inside: str) -> None:
    folder = releases.write(tmp_path / "ml")
    expected = {"movies.csv": releases.MOVIES.encode(), "ratings.csv": releases.RATINGS.encode()}
    assert read(folder) == expected
    assert read(releases.zipped(folder, inside)) == expected
    assert read(tmp_path) == expected if not inside else True


@pytest.mark.parametrize("beside", ["__MACOSX", ".Trashes"])
def test_a_release_is_found_beside_folders_of_macos(tmp_path: Path, beside: str) -> None:
    (tmp_path / "download" / beside).mkdir(parents=True)
    folder = releases.write(tmp_path / "download" / "ml")
    (tmp_path / "download" / beside / "._movies.csv").write_bytes(b"fork")
    assert read(tmp_path / "download") == read(folder)


def test_a_zip_with_backslashes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "windows.zip"
    member = zipfile.ZipInfo("x")
    member.filename = "ml\\movies.csv"
    assert read(zip_with(path, (member, b"x"))) == {"movies.csv": b"x"}


def test_a_link_in_a_folder_is_rejected(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    folder = tmp_path / "ml"
    folder.mkdir()
    (folder / "movies.csv").symlink_to(secret)
    with pytest.raises(UnreadableReleaseError, match="is a link"):
        read(folder)


def test_a_pipe_is_rejected(tmp_path: Path) -> None:
    folder = tmp_path / "ml"
    folder.mkdir()
    os.mkfifo(folder / "movies.csv")
    with pytest.raises(UnreadableReleaseError, match="not a regular file"):
        read(folder)


@pytest.mark.parametrize(
    "name", ["../movies.csv", "/etc/movies.csv", "a/b/movies.csv", "ml/../movies.csv", "..\\movies.csv"]
)
def test_a_member_outside_the_folder_is_rejected(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableReleaseError, match="files must be at its top level or in one folder"):
        read(zip_with(tmp_path / "bad.zip", (name, b"x")))


def test_a_link_in_a_zip_is_rejected(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("movies.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(UnreadableReleaseError, match="is a link"):
        read(zip_with(tmp_path / "bad.zip", (link, b"/etc/passwd")))


def test_a_zip_bomb_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UnreadableReleaseError, match="would expand from"):
        read(zip_with(tmp_path / "bomb.zip", ("ml/ratings.csv", bytes(5_000_000))))


def test_a_zip_with_too_many_members_is_rejected(tmp_path: Path) -> None:
    members = [(f"{number}.txt", b"") for number in range(MOST_MEMBERS + 1)]
    with pytest.raises(UnreadableReleaseError, match="members"):
        read(zip_with(tmp_path / "many.zip", *members))


def test_a_duplicate_file_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UnreadableReleaseError, match="twice"):
        read(zip_with(tmp_path / "twice.zip", ("a/movies.csv", b"1"), ("b/movies.csv", b"2")))


def test_a_damaged_zip_is_rejected(tmp_path: Path) -> None:
    file = releases.zipped(releases.write(tmp_path / "ml"))
    data = bytearray(file.read_bytes())
    data[data.index(b"movies.csv") + 20] ^= 0xFF
    file.write_bytes(data)
    with pytest.raises(UnreadableReleaseError, match="cannot be read from the zip"):
        read(file)


def test_a_path_that_is_neither_folder_nor_zip_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UnreadableReleaseError, match="does not exist"):
        read(tmp_path / "nothing")
    (tmp_path / "text").write_text("x")
    with pytest.raises(UnreadableReleaseError, match="neither a folder nor a zip"):
        read(tmp_path / "text")
