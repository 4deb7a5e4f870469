"""Reports of loads in the admin, successful or not."""

import os
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from movies.bulk import afterwards
from movies.models import Movie, User
from movies.models.loads import Load
from movies.sources.movielens.rejects import Limit
from movies.sources.movielens.releases import Release
from tests.support import releases
from tests.support.environment import postgresql_only

pytestmark = [pytest.mark.django_db, pytest.mark.database]
BAD = (
    "1,99,nan,964982703\n1,99,9,964982703\n1,4242,4.0,964982703\n1,4243,4.0,964982703\n1,99\n"
    "1,4244,4.0,964982703\n1,99,\0“x”,964982703\n"
)


@pytest.fixture
def viewer() -> Client:
    user = User.objects.create(username="viewer", is_staff=True)
    user.groups.add(Group.objects.get(name="Viewer"))
    client = Client()
    client.force_login(user)
    return client


def load(folder: Path, **options: Any) -> Load:
    """Load a release and return its report."""
    call_command("load_movielens", folder, **options)
    return Load.objects.latest("pk")


def with_bad_rows(folder: Path) -> Path:
    return releases.write(folder, ratings=releases.RATINGS + BAD)


def test_a_load_is_reported(tmp_path: Path) -> None:
    report = load(releases.write(tmp_path / "ml"))
    assert (report.source, report.outcome, report.error) == ("ml", "loaded", "")
    assert timedelta() < timezone.now() - report.started_at < timedelta(minutes=1)
    assert 0 < report.seconds < 60
    read = {"movies.csv": 3, "links.csv": 2, "ratings.csv": 3, "tags.csv": 3}
    assert {file["file"]: file["read"] for file in report.files} == read
    assert not any(file["refused"] for file in report.files)
    assert report.written == [
        {"kind": kind, "added": 3, "changed": 0, "unchanged": 0} for kind in ("movies", "ratings", "tags", "people")
    ]
    assert (report.rejected, report.reasons, report.examples) == (0, [], [])


def test_rejected_rows_are_counted_by_file_and_reason_with_examples(tmp_path: Path) -> None:
    report = load(with_bad_rows(tmp_path / "ml"), max_rejects=Limit(rows=10))
    assert report.files[2] == {"file": "ratings.csv", "read": 10, "refused": 7}
    assert report.rejected == 7
    assert {reason["reason"]: reason["rows"] for reason in report.reasons} == {
        "movie … is not in movies.csv": 3,
        "rating … is not 0.5 to 5 in steps of 0.5": 3,
        "… columns instead of 4": 1,
    }
    assert "ratings.csv:5: rating “nan” is not 0.5 to 5 in steps of 0.5" in report.examples


def test_twenty_of_many_rejected_rows_are_kept_as_examples(tmp_path: Path) -> None:
    folder = releases.write(tmp_path / "ml", ratings=releases.RATINGS + "1,99,9,964982703\n" * 50)
    report = load(folder, max_rejects=Limit(rows=50))
    assert (report.rejected, len(report.examples)) == (50, 20)


def test_a_load_that_changed_nothing_is_reported(tmp_path: Path) -> None:
    folder = releases.write(tmp_path / "ml")
    assert not load(folder).changed_nothing
    assert load(folder).changed_nothing
    assert Load.objects.count() == 2


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"ratings": releases.RATINGS + BAD}, "7 of 10 rows of ratings.csv are bad; nothing was loaded."),
        ({"tags": "who,what\n"}, "tags.csv starts with “who,what”"),
    ],
)
def test_a_refused_load_reports_the_reason(tmp_path: Path, files: dict[str, str], error: str) -> None:
    with pytest.raises(CommandError):
        load(releases.write(tmp_path / "ml", **files))
    report = Load.objects.get()
    assert report.outcome == "refused"
    assert report.error.startswith(error)
    assert report.written == []
    assert not Movie.objects.exists()


@postgresql_only("SQLite handles Ctrl-C between rows by itself")
def test_ctrl_c_while_postgresql_is_busy_is_an_interruption(transactional_db: None) -> None:
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt), afterwards.interruptible(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")


@postgresql_only("SQLite is not vacuumed")
def test_a_failed_vacuum_after_a_load_is_only_logged(transactional_db: None, caplog: pytest.LogCaptureFixture) -> None:
    afterwards.vacuum("a_table_that_is_gone")
    assert "a_table_that_is_gone" in caplog.text


@pytest.mark.parametrize(("stop", "outcome"), [(KeyboardInterrupt(), "interrupted"), (OSError("no disk"), "failed")])
def test_an_aborted_load_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: BaseException, outcome: str
) -> None:
    def tags(release: Release) -> Iterator[Any]:
        raise stop

    monkeypatch.setattr(Release, "tags", tags)
    with pytest.raises((CommandError, OSError)):
        load(releases.write(tmp_path / "ml"))
    report = Load.objects.get()
    assert (report.outcome, report.error) == (outcome, str(stop))
    assert not Movie.objects.exists()


def test_a_failure_to_write_the_report_does_not_hide_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(**fields: Any) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(Load.objects, "create", gone)
    with pytest.raises(CommandError, match=r"rows of ratings\.csv are bad"):
        load(with_bad_rows(tmp_path / "ml"))


def test_the_dashboard_shows_the_last_load_and_the_catalogue_as_it_is_now(viewer: Client, tmp_path: Path) -> None:
    before = viewer.get("/admin/").content.decode()
    assert "Nothing has been loaded yet." in before
    assert "Movies without a link to IMDb or TMDB: 0" in before
    load(with_bad_rows(tmp_path / "<b>ml"), max_rejects=Limit(rows=10))
    page = viewer.get("/admin/").content.decode()
    for words in (
        *("&lt;b&gt;ml", "loaded in", "<td>ratings.csv</td>", "<td>10</td>", "Rows rejected: 7"),
        *("movie … is not in movies.csv: 3", "ratings.csv:5: rating “nan”"),
        *("Movies without genres: 1", "Movies without a link to IMDb or TMDB: 1", "Movies without ratings: 1"),
    ):
        assert words in page, words


def test_the_dashboard_shows_that_the_last_load_was_refused(viewer: Client, tmp_path: Path) -> None:
    load(releases.write(tmp_path / "good"))
    with pytest.raises(CommandError):
        load(with_bad_rows(tmp_path / "bad"))
    assert "7 of 10 rows of ratings.csv are bad; nothing was loaded." in viewer.get("/admin/").content.decode()


@pytest.mark.parametrize("role", ["Viewer", "Catalogue editor", "Model operator", None])
def test_reports_can_be_viewed_and_never_changed(role: str | None, tmp_path: Path) -> None:
    report = load(releases.write(tmp_path / "ml"))
    user = User.objects.create(username="somebody", is_staff=True, is_superuser=role is None)
    user.groups.set(Group.objects.filter(name=role))
    client = Client()
    client.force_login(user)
    assert "ml" in client.get(reverse("admin:movies_load_changelist")).content.decode()
    assert "<td>ratings.csv</td>" in client.get(reverse("admin:movies_load_change", args=[report.pk])).content.decode()
    for page, args in (("add", []), ("change", [report.pk]), ("delete", [report.pk])):
        response = client.post(reverse(f"admin:movies_load_{page}", args=args), {"source": "x", "post": "yes"})
        assert response.status_code == HTTPStatus.FORBIDDEN
    assert Load.objects.get().source == "ml"


def test_staff_without_a_role_see_no_report(tmp_path: Path) -> None:
    report = load(releases.write(tmp_path / "ml"))
    client = Client()
    client.force_login(User.objects.create(username="somebody", is_staff=True))
    for address in (reverse("admin:movies_load_changelist"), reverse("admin:movies_load_change", args=[report.pk])):
        assert client.get(address).status_code == HTTPStatus.FORBIDDEN
