"""Backups move a whole site between databases, and damaged or foreign ones change nothing."""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from benchmarks.support.processes import Site, copy_of, own_database
from recommendations.backups import container
from recommendations.backups.container import BackupError
from recommendations.backups.restore import restore
from tests.support.environment import ON_POSTGRESQL, missing

pytestmark = pytest.mark.database

POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres")
ODD = "a\tb\n\\N “c” ☃ \r'\";, \\."
"""A title with everything that a text format must escape."""
ENRICH = f"""
from datetime import UTC, datetime
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from axes.models import AccessAttempt
from knox.models import AuthToken
from movies.services import rate
ada = User.objects.create_user("ada", email="ada@example.org", password="lovelace-1815")
movie = Movie.objects.create(title={ODD!r}, alternative_title="", poster="", imdb_id=None)
rate(user=ada, movie=movie, half_stars=9)
for liked in Movie.objects.filter(genres__name="Space")[:6]:
    rate(user=ada, movie=liked, half_stars=10)
tag = Tag.objects.create(name={ODD!r})
MovieTag.objects.create(user=ada, movie=movie, tag=tag)
GenomeTag.objects.create(place=0, name="robots")
GenomeVector.objects.create(movie=movie, relevances=bytes(range(256)))
Demographics.objects.create(user=ada, gender="F", age=36, occupation="mathematician")
WatchlistItem.objects.create(user=ada, movie=Movie.objects.first())
group = WatchGroup.objects.create()
WatchGroupMember.objects.create(group=group, user=ada)
Event.objects.create(kind=Event.Kind.values[0], at=datetime(2026, 1, 1, tzinfo=UTC), user=ada, movie=movie, position=1)
ada.groups.add(Group.objects.create(name="critics"))
ada.user_permissions.add(Permission.objects.get(codename="operate_models"))
content_type = ContentType.objects.get_for_model(Movie)
LogEntry.objects.create(user=ada, content_type=content_type, object_id="1", object_repr="x", action_flag=1)
AccessAttempt.objects.create(
    username="ada", ip_address="2001:db8::1", failures_since_start=2, get_data="", post_data=""
)
AuthToken.objects.create(user=ada)
Session.objects.create(session_key="k" * 32, session_data="x", expire_date=datetime(2040, 1, 1, tzinfo=UTC))
"""
STATE = """
import hashlib, json
from recommendations.backups import rows
from recommendations.serving.recommend import recommend
from tests.support.version_fixture import plain
tables = {m._meta.db_table: hashlib.sha256("\\n".join(rows.lines(m)).encode()).hexdigest() for m in rows.kept_models()}
counts = {m._meta.db_table: m._base_manager.count() for m in rows.kept_models()}
counters = list(Movie.objects.order_by("pk").values_list("pk", "rating_count", "rating_sum", "rating_mean"))
people = User.objects.filter(username__in=["ada", "person-0", "person-1", "person-41", "person-79"]).order_by("pk")
lists = {user.username: [recommend(user).version, plain(recommend(user))] for user in people}
print("\\n" + json.dumps([tables, counts, counters, lists]))
"""
GOES_ON = f"""
from django.contrib.sessions.models import Session
from movies.selectors.search import matching
from movies.services import rate
ada, movie = User.objects.get(username="ada"), Movie.objects.get(title={ODD!r})
assert ada.check_password("lovelace-1815")
assert not Session.objects.exists()
newer = User.objects.create_user("grace", password="hopper-1906")
assert newer.pk > ada.pk
before = movie.rating_count
rate(user=newer, movie=movie, half_stars=2)
movie.refresh_from_db()
assert movie.rating_count == before + 1
assert Genre.objects.create(name="Noir", slug="noir").pk
assert matching(Movie.objects.all(), "movie 7").filter(title="Movie 7").exists()
print("true")
"""
SNAPSHOT = """
import threading
from django.db import connection
from recsite.database.snapshot import snapshot
def write():
    Genre.objects.create(name="Late", slug="late")
    connection.close()
with snapshot():
    before = Genre.objects.count()
    writer = threading.Thread(target=write)
    writer.start()
    writer.join()
    assert Genre.objects.count() == before
assert Genre.objects.count() == before + 1
"""


@pytest.fixture(scope="module")
def source(trained_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with copy_of(trained_site, tmp_path_factory.mktemp("source")) as site:
        site.query(ENRICH)
        yield site


@pytest.fixture(scope="module")
def backup(source: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "site.zip"
    done = source.run("backup", str(path))
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def elsewhere(tmp_path: Path) -> Callable[..., Any]:
    """A function that makes an empty migrated site on a database of the other kind, or of this one."""
    try:
        psycopg2.connect(POSTGRESQL).close()
    except psycopg2.OperationalError:
        missing("PostgreSQL does not answer")

    def make(name: str, *, postgresql: bool) -> Any:
        folder = tmp_path / name
        folder.mkdir()
        return own_database(folder, server=POSTGRESQL if postgresql else "sqlite"), folder

    return make


def state(site: Site) -> list[Any]:
    lines: list[Any] = json.loads(site.query(STATE).splitlines()[-1])
    return lines


def migrated(folder: Path, url: str, **more: str) -> Site:
    site = Site(folder, url)
    for command in (("migrate", "--verbosity", "0"), ("createcachetable",)):
        done = site.run(*command, **more)
        assert done.returncode == 0, done.stderr
    return site


def test_a_site_moves_to_the_other_database_and_back(
    source: Site, backup: Path, elsewhere: Callable[..., Any], tmp_path: Path
) -> None:
    before = state(source)
    assert before[1]["movies_rating"] > 1000
    assert before[3]["ada"][0]
    database, folder = elsewhere("there", postgresql=not ON_POSTGRESQL)
    with database as url:
        there = migrated(folder, url, RATINGS_PARTITIONS="3")
        done = there.run("restore", str(backup))
        assert done.returncode == 0, done.stderr
        assert state(there) == before
        second = tmp_path / "second.zip"
        assert there.run("backup", str(second)).returncode == 0
        assert there.query(GOES_ON) == "true"
    database, folder = elsewhere("back", postgresql=ON_POSTGRESQL)
    with database as url:
        back = migrated(folder, url)
        done = back.run("restore", str(second))
        assert done.returncode == 0, done.stderr
        assert state(back) == before
        assert back.query(GOES_ON) == "true"


def test_a_used_database_is_replaced_only_by_force(source: Site, backup: Path, tmp_path: Path) -> None:
    with copy_of(source, tmp_path) as site:
        before = state(site)
        site.query("Movie.objects.create(title='Later'); User.objects.create(username='later')")
        refused = site.run("restore", str(backup))
        assert refused.returncode == 1
        assert "not empty" in refused.stderr
        assert "--force" in refused.stderr
        done = site.run("restore", str(backup), "--force")
        assert done.returncode == 0, done.stderr
        assert state(site) == before


@pytest.mark.parametrize("member", ["ratings/000000.npy", "tables/recommendations_trainingrun.jsonl"])
def test_a_restore_that_fails_late_changes_nothing(source: Site, backup: Path, tmp_path: Path, member: str) -> None:
    """Its checksums are right, its rows are not."""
    bad = tmp_path / "bad.zip"

    def twice(content: bytes) -> bytes:
        if member.endswith(".jsonl"):
            return content + content.splitlines()[0] + b"\n"
        return content.replace(b"'fortran_order'", b"'fortran_orde_'")

    rewrite(backup, bad, change={member: twice}, consistent=True)
    (tmp_path / "site").mkdir()
    with copy_of(source, tmp_path / "site") as site:
        site.query("Movie.objects.create(title='Later')")
        before, folders = state(site), sorted(site.artifacts.iterdir())
        done = site.run("restore", str(bad), "--force")
        assert done.returncode == 1
        assert member.partition(".")[0].partition("/0")[0] in done.stderr
        assert state(site) == before
        assert sorted(site.artifacts.iterdir()) == folders


def test_a_snapshot_does_not_see_later_writes(source: Site, tmp_path: Path) -> None:
    with copy_of(source, tmp_path) as site:
        site.query(SNAPSHOT)


def test_a_backup_is_private_and_never_overwritten(source: Site, backup: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    content = backup.read_bytes()
    again = source.run("backup", str(backup))
    assert again.returncode == 1
    assert "exists already" in again.stderr
    assert backup.read_bytes() == content
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]


def test_a_backup_without_the_files_of_the_active_version_is_refused(source: Site, tmp_path: Path) -> None:
    done = source.run("backup", str(tmp_path / "x.zip"), RECOMMENDER_ARTIFACTS=str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert "cannot be backed up" in done.stderr
    assert not list(tmp_path.glob("x.zip*"))


# Files that are not restored


Change = Callable[[bytes], bytes]


def rewrite(
    source: Path,
    target: Path,
    *,
    change: dict[str, Change] | None = None,
    add: tuple[str, ...] = (),
    leave_out: tuple[str, ...] = (),
    consistent: bool = False,
) -> None:
    """Copy a backup with some members changed, added or left out; its manifest agrees if `consistent`."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        contents = {name: old.read(name) for name in old.namelist() if name not in leave_out}
        for name, by in (change or {}).items():
            contents[name] = by(contents[name])
        if consistent:
            manifest = json.loads(contents[container.MANIFEST])
            for name in change or {}:
                digest = hashlib.sha256(contents[name]).hexdigest()
                manifest["members"][name] = {"length": len(contents[name]), "sha256": digest}
            contents[container.MANIFEST] = json.dumps(manifest).encode()
        for name, content in contents.items():
            new.writestr(name, content)
        for name in add:
            new.writestr(name, b"")


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
