"""Damaged, hostile and foreign backups are refused before anything is written."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommendations.backups import container
from recommendations.backups.container import BackupError
from recommendations.backups.restore import restore
from tests.support.backup_files import Change, rewrite

pytestmark = [pytest.mark.database, pytest.mark.long, pytest.mark.xdist_group("backups")]


def manifest_with(**details: Any) -> dict[str, Change]:
    return {container.MANIFEST: lambda content: json.dumps({**json.loads(content), **details}).encode()}


def other_migrations(path: Path, app: str, names: Callable[[list[str]], list[str]]) -> dict[str, Change]:
    with zipfile.ZipFile(path) as archive:
        migrations = json.loads(archive.read(container.MANIFEST))["migrations"]
    return manifest_with(migrations={**migrations, app: names(migrations[app])})


def refusal(path: Path) -> str:
    with pytest.raises(BackupError) as error:
        restore(path, lambda *_: None)
    return str(error.value)


@pytest.mark.django_db
def test_a_file_that_is_cut_short_is_refused(backup: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.zip"
    content = backup.read_bytes()
    for length in (0, 10, len(content) // 2, len(content) - 1):
        cut.write_bytes(content[:length])
        assert "cut short" in refusal(cut)
        assert "another copy" in refusal(cut)
    assert "cannot be read" in refusal(tmp_path / "missing.zip")


@pytest.mark.django_db
def test_a_flipped_bit_is_found_and_its_member_named(backup: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    for name in ("tables/movies_movie.jsonl", "ratings/000000.npy"):
        content = bytearray(backup.read_bytes())
        with zipfile.ZipFile(backup) as archive:
            info = archive.getinfo(name)
        content[info.header_offset + 30 + len(name) + info.compress_size // 2] ^= 4
        bad.write_bytes(content)
        assert f"{name} is damaged" in refusal(bad)


@pytest.mark.django_db
def test_a_member_that_differs_from_the_manifest_is_refused(backup: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    name = "tables/movies_user.jsonl"
    for change in (lambda content: content.replace(b"ada", b"eve"), lambda content: content * 50, lambda _: b""):
        rewrite(backup, bad, change={name: change})
        assert f"{name} is damaged" in refusal(bad)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", "versions/../../evil", "versions/a/b/c", "posters/../x", "posters/.x", "tables/x.pkl"],
)
def test_hostile_names_are_refused(backup: Path, tmp_path: Path, name: str) -> None:
    bad = tmp_path / "bad.zip"
    rewrite(backup, bad, add=(name,))
    assert f"{name!r} is not a name of a member" in refusal(bad)


@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_missing_added_and_doubled_members_are_refused(backup: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    rewrite(backup, bad, leave_out=("tables/movies_tag.jsonl",))
    assert "tables/movies_tag.jsonl is missing" in refusal(bad)
    for name in ("tables/another.jsonl", "tables/movies_tag.jsonl"):
        rewrite(backup, bad, add=(name,))
        assert f"{name} is missing, twice there or not in" in refusal(bad)
    rewrite(backup, bad, leave_out=(container.MANIFEST,))
    assert "no manifest.json" in refusal(bad)


@pytest.mark.django_db
def test_a_backup_of_another_release_is_refused(backup: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    rewrite(backup, bad, change=other_migrations(backup, "movies", lambda names: [*names, "0999_later"]))
    assert "by another release: it has the migration movies.0999_later" in refusal(bad)
    rewrite(backup, bad, change=other_migrations(backup, "movies", lambda names: names[:-1]))
    assert "by an older release: it lacks the migration movies." in refusal(bad)
    rewrite(backup, bad, change=manifest_with(format=2))
    assert "format 2; this release reads 1" in refusal(bad)
    for content in (b"{}", b"[]", b"null", b"\xff", b"[" * 100_000):
        rewrite(backup, bad, change={container.MANIFEST: lambda _, content=content: content})  # type: ignore[misc]
        assert "not that of a backup" in refusal(bad)
