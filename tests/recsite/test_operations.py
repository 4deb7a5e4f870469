"""What operators see: health, metrics, the log; and what visitors see while the database is silent."""

import json
import logging
from http import HTTPStatus
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from benchmarks.support.worlds import World
from movies.models import User
from recommendations.models import ModelVersion
from recommendations.serving import active, metrics
from recommendations.serving.recommend import recommend
from recommendations.versions import artifacts
from recsite.operations import health
from recsite.operations.logs import JSONFormatter, LineFormatter

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def unknown_whether_migrated() -> None:
    health._migrated.clear()


@pytest.fixture
def patient() -> Client:
    """A client that reads the page of an error instead of raising it."""
    return Client(raise_request_exception=False)


class SilentDatabase:
    """Every query fails as it does when nobody listens."""

    def __call__(self, *_: object) -> None:
        raise OperationalError("could not connect to server: host=secret-host")


def silent() -> object:
    return connection.execute_wrapper(SilentDatabase())


def metric(client: Client, name: str) -> float:
    lines = client.get("/metrics", headers={"Authorization": "Bearer sesame"}).content.decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def test_a_process_lives_without_a_database(client: Client) -> None:
    # No fixture gives this test a database: a query would be refused.
    answer = client.get("/livez")
    assert (answer.status_code, answer.content) == (HTTPStatus.OK, b"alive\n")


def test_a_site_with_a_version_is_ready(client: Client, version: ModelVersion) -> None:
    answer = client.get("/readyz")
    model = answer.json()["model"]
    assert answer.status_code == HTTPStatus.OK
    assert (model["version"], model["degraded"]) == (version.name, "")
    assert 0 <= model["age_seconds"] < 3600
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_site_without_a_version_is_ready_but_degraded(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == HTTPStatus.OK
    assert "popular movies" in answer.json()["model"]["degraded"]


def test_a_damaged_version_is_told(client: Client, version: ModelVersion) -> None:
    artifacts.remove(version.name)
    active.forget()
    answer = client.get("/readyz")
    assert answer.status_code == HTTPStatus.OK
    assert version.name in answer.json()["model"]["degraded"]


@pytest.mark.django_db
def test_a_missing_migration_makes_it_unready(client: Client) -> None:
    last = MigrationRecorder.Migration.objects.filter(app="recommendations").latest("name")
    MigrationRecorder(connection).record_unapplied(last.app, last.name)
    answer = client.get("/readyz")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.json()["missing_migrations"] == [f"{last.app}.{last.name}"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/movies/", "/recommendations/", "/admin/", "/readyz", "/api/v1/movies/"])
def test_a_silent_database_is_a_503_that_says_when_to_come_back(patient: Client, address: str) -> None:
    patient.force_login(User.objects.create(username="ada"))
    with silent():  # type: ignore[attr-defined]
        answer = patient.get(address)
        assert patient.get("/livez").status_code == HTTPStatus.OK
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert address == "/readyz" or int(answer["Retry-After"]) > 0
    assert b"secret-host" not in answer.content
    assert b"Traceback" not in answer.content
    if address.startswith("/api/"):
        assert answer.json()["errors"][0]["code"] == "unavailable"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/movies/", "/api/v1/movies/"])
def test_another_error_is_a_500_without_its_reason(patient: Client, address: str) -> None:
    with patch("movies.selectors.movie_queries.movies", side_effect=RuntimeError("secret")):
        answer = patient.get(address)
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert b"secret" not in answer.content


def test_metrics_are_for_who_knows_the_token(client: Client, version: ModelVersion, settings: Settings) -> None:
    assert client.get("/metrics").status_code == HTTPStatus.NOT_FOUND
    settings.METRICS_TOKEN = "sesame"
    assert client.get("/metrics").status_code == HTTPStatus.NOT_FOUND
    wrong = client.get("/metrics", headers={"Authorization": "Bearer other"})
    assert wrong.status_code == HTTPStatus.NOT_FOUND
    client.get("/movies/")
    assert metric(client, 'recsite_request_seconds_count{method="GET",route="movies/"') >= 1
    assert metric(client, "recsite_model_created_seconds") == pytest.approx(version.created_at.timestamp())
    assert metric(client, 'recsite_training_runs{status="running"}') == 0


def test_rankings_are_timed_and_their_lists_held_against_brute_force(
    client: Client, world: World, version: ModelVersion, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.METRICS_TOKEN = "sesame"
    monkeypatch.setattr(metrics, "SHADOWED", 1.0)
    timed = 'recsite_ranking_seconds_count{source="trained",wish="plain"}'
    before = [metric(client, name) for name in (timed, "recsite_shadow_recall_count", "recsite_shadow_recall_sum")]
    recommend(world.people[0])
    after = [metric(client, name) for name in (timed, "recsite_shadow_recall_count", "recsite_shadow_recall_sum")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, pytest.approx(1)]


@pytest.mark.django_db
def test_a_list_of_popular_movies_is_counted(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "sesame"
    name = 'recsite_fallbacks_total{reason="no version"}'
    before = metric(client, name)
    recommend(User.objects.create(username="ada"))
    assert metric(client, name) == before + 1


@pytest.mark.django_db
@pytest.mark.parametrize(("given", "kept"), [("abcdef-0123", True), ("x", False), ("a\tb: c" * 9, False)])
def test_a_request_has_an_id(client: Client, given: str, kept: bool) -> None:
    answer = client.get("/movies/", headers={"X-Request-Id": given})
    assert (answer["X-Request-Id"] == given) is kept
    assert answer["X-Request-Id"]


@pytest.mark.django_db
def test_the_log_has_the_route_and_nothing_personal(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "recsite.requests")
    client.force_login(User.objects.create(username="ada"))
    client.get("/movies/?q=embarrassing", headers={"X-Request-Id": "abcdef-0123"})
    record = next(record for record in caplog.records if record.name == "recsite.requests")
    line = json.loads(JSONFormatter().format(record))
    assert (line["route"], line["method"], line["status"]) == ("movies/", "GET", 200)
    for personal in ("ada", "embarrassing", "127.0.0.1"):
        assert personal not in json.dumps(line)
    assert "route=movies/ status=200" in LineFormatter("{message}", style="{").format(record)
