"""A retraining on Spark or an export is killed: nothing is half published, and the next one completes."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import psycopg2
import pytest

from benchmarks.support.processes import Process, Site, copy_of, wait_until
from tests.recommendations.training.test_workers import RUNS, WORKER
from tests.support.environment import needs_spark, postgresql_only

pytestmark = [
    pytest.mark.database,
    pytest.mark.xdist_group("spark"),
    pytest.mark.long,
    postgresql_only("killed once, on the database of production: SQLite has no lock to hold a reader with"),
]

ON_SPARK = ("retrain", "--trainer", "spark", "--set=dimension=6", "--set=blocks=2")
ACTIVE = "SELECT name FROM recommendations_modelversion WHERE is_active"
MORE_PEOPLE = """
from django.utils import timezone
from recommendations.exports.recommendations import USERS_PER_PART
people = User.objects.bulk_create(User(username=f"more-{n}", is_active=False) for n in range(USERS_PER_PART))
movie, now = Movie.objects.first(), timezone.now()
Rating.objects.bulk_create(Rating(user=user, movie=movie, half_stars=9, rated_at=now) for user in people)
"""
FIRST_PART = """
from pathlib import Path
from recommendations.exports.recommendations import Export
export = Export.of_active_version(Path({output!r}), 5)
export.write_part(0)
print(export.folder)
"""
HIDDEN = "movies_hiddenmovie"
"""A table that only the export reads in these tests."""
WAITS = f"SELECT 1 FROM pg_locks WHERE relation = '{HIDDEN}'::regclass AND NOT granted"  # noqa: S608


@pytest.fixture(scope="module")
def site(trained_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with an active version."""
    with copy_of(trained_site, tmp_path_factory.mktemp("kills")) as site:
        site.environment |= {"SPARK_MASTER": "local[2]", "SPARK_FOLDER": str(site.folder / "spark")}
        yield site


def has_children(process: Process) -> bool:
    try:
        os.killpg(process.popen.pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_retraining_leaves_nothing(site: Site) -> None:
    needs_spark()
    before, spark_folder = site.sql(ACTIVE), site.folder / "spark"
    with site.start("manage.py", *ON_SPARK, "--set=epochs=1000") as process:
        process.wait_until_said("of 4000")
        os.kill(process.popen.pid, signal.SIGKILL)
        process.popen.wait()
        wait_until(lambda: not has_children(process))
    assert site.sql(ACTIVE) == before
    assert len(list(spark_folder.iterdir())) == 1
    done = site.run(*ON_SPARK, "--set=epochs=2", "--force")
    assert done.returncode == 0, done.stderr
    (latest, _, _), (killed, _, error), *_ = site.sql(RUNS)
    assert (latest, killed) == ("succeeded", "failed")
    assert "died during “trial”" in error
    assert site.sql(ACTIVE) != before
    assert not list(spark_folder.iterdir())
    assert not list(site.artifacts.glob(".staging*"))


@pytest.fixture(scope="module")
def large_site(site: Site) -> Site:
    """The site with enough users for two parts of an export."""
    site.query(MORE_PEOPLE)
    return site


@contextlib.contextmanager
def held(site: Site) -> Iterator[None]:
    """Make exports wait in the middle of a part."""
    with contextlib.closing(psycopg2.connect(site.environment["DATABASE_URL"])) as connection:
        connection.cursor().execute(f"LOCK TABLE {HIDDEN}")
        yield


@pytest.mark.parametrize("option", ["--spark", "--queue"])
def test_a_killed_export_resumes(large_site: Site, tmp_path: Path, option: str) -> None:
    if option == "--spark":
        needs_spark()
    site, output, expected = large_site, tmp_path / "lists.parquet", tmp_path / "expected.parquet"
    parts = Path(site.query(FIRST_PART.format(output=str(output))))
    command = ("recommend", "--all", "-n", "5", option, "--output")
    worker = site.start(*WORKER) if option == "--queue" else contextlib.nullcontext()
    with held(site), worker, site.start("manage.py", *command, str(output)):
        wait_until(lambda: bool(site.sql(WAITS)))
    assert [path.name for path in parts.glob("*.parquet")] == ["000000.parquet"]
    assert not output.exists()
    with site.start(*WORKER) if option == "--queue" else contextlib.nullcontext():
        done = site.run(*command, str(output))
        assert done.returncode == 0, done.stderr
        wait_until(output.exists)
    assert site.run("recommend", "--all", "-n", "5", "--output", str(expected)).returncode == 0
    assert pl.read_parquet(output).equals(pl.read_parquet(expected))
    wait_until(lambda: not parts.exists())
