"""Backups move a whole site between databases, and one that fails changes nothing."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from benchmarks.support.processes import Site, copy_of, own_database
from tests.recommendations.backups.conftest import ODD
from tests.support.backup_files import rewrite
from tests.support.environment import ON_POSTGRESQL, missing

pytestmark = [pytest.mark.database, pytest.mark.long, pytest.mark.xdist_group("backups")]

POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres")
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
assert movie.search_text and matching(Movie.objects.all(), movie.search_text).filter(pk=movie.pk).exists()
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
