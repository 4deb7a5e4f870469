"""Health probes, metrics and logs, and responses while the database is down."""

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
    """A client that returns error pages instead of raising the exception."""
    return Client(raise_request_exception=False)


class UnreachableDatabase:
    """Fail every query as if no server listened."""

    def __call__(self, *_: object) -> None:
        raise OperationalError("could not connect to server: host=secret-host")


def unreachable() -> object:
    return connection.execute_wrapper(UnreachableDatabase())


def metric(client: Client, name: str) -> float:
    lines = client.get("/metrics", headers={"Authorization": "Bearer sesame"}).content.decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def test_a_process_is_alive_without_a_database(client: Client) -> None:
    # No fixture gives this test a database, so a query would fail.
    response = client.get("/livez")
    assert (response.status_code, response.content) == (HTTPStatus.OK, b"alive\n")


def test_a_site_with_a_version_is_ready(client: Client, version: ModelVersion) -> None:
    response = client.get("/readyz")
    model = response.json()["model"]
    assert response.status_code == HTTPStatus.OK
    assert (model["version"], model["degraded"]) == (version.name, "")
    assert 0 <= model["age_seconds"] < 3600
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_a_site_without_a_version_is_ready_but_degraded(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == HTTPStatus.OK
    assert "popular movies" in response.json()["model"]["degraded"]


def test_a_damaged_version_is_reported(client: Client, version: ModelVersion) -> None:
    artifacts.remove(version.name)
    active.forget()
    response = client.get("/readyz")
    assert response.status_code == HTTPStatus.OK
    assert version.name in response.json()["model"]["degraded"]
    assert set(response.json()["model"]) == {"version", "created_at", "degraded", "age_seconds"}
    assert "artifacts" not in response.content.decode()
    assert str(artifacts.root()) in active.status().error


@pytest.mark.django_db
def test_a_missing_migration_makes_the_site_unready(client: Client) -> None:
    last = MigrationRecorder.Migration.objects.filter(app="recommendations").latest("name")
    MigrationRecorder(connection).record_unapplied(last.app, last.name)
    response = client.get("/readyz")
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.json()["missing_migrations"] == [f"{last.app}.{last.name}"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/movies/", "/recommendations/", "/admin/", "/readyz", "/api/v1/movies/"])
def test_an_unreachable_database_is_a_503_with_retry_after(patient: Client, address: str) -> None:
    patient.force_login(User.objects.create(username="ada"))
    with unreachable():  # type: ignore[attr-defined]
        response = patient.get(address)
        assert patient.get("/livez").status_code == HTTPStatus.OK
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert address == "/readyz" or int(response["Retry-After"]) > 0
    assert b"secret-host" not in response.content
    assert b"Traceback" not in response.content
    if address.startswith("/api/"):
        assert response.json()["errors"][0]["code"] == "unavailable"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/movies/", "/api/v1/movies/"])
def test_any_other_error_is_a_500_without_its_message(patient: Client, address: str) -> None:
    with patch("movies.selectors.movie_queries.movies", side_effect=RuntimeError("secret")):
        response = patient.get(address)
    assert response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert b"secret" not in response.content


def test_metrics_require_the_token(client: Client, version: ModelVersion, settings: Settings) -> None:
    assert client.get("/metrics").status_code == HTTPStatus.NOT_FOUND
    settings.METRICS_TOKEN = "sesame"
    assert client.get("/metrics").status_code == HTTPStatus.NOT_FOUND
    wrong = client.get("/metrics", headers={"Authorization": "Bearer other"})
    assert wrong.status_code == HTTPStatus.NOT_FOUND
    client.get("/movies/")
    assert metric(client, 'recsite_request_seconds_count{method="GET",route="movies/"') >= 1
    assert metric(client, "recsite_model_created_seconds") == pytest.approx(version.created_at.timestamp())
    assert metric(client, 'recsite_training_runs{status="running"}') == 0


def test_rankings_are_timed_and_compared_with_brute_force(
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
@pytest.mark.parametrize(("proxy_id", "accepted"), [("abcdef-0123", True), ("x", False), ("a\tb: c" * 9, False)])
def test_a_request_has_an_id(client: Client, proxy_id: str, accepted: bool) -> None:
    response = client.get("/movies/", headers={"X-Request-Id": proxy_id})
    assert (response["X-Request-Id"] == proxy_id) is accepted
    assert response["X-Request-Id"]


@pytest.mark.django_db
def test_the_log_contains_the_route_and_no_personal_data(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "recsite.requests")
    client.force_login(User.objects.create(username="ada"))
    client.get("/movies/?q=embarrassing", headers={"X-Request-Id": "abcdef-0123"})
    record = next(record for record in caplog.records if record.name == "recsite.requests")
    line = json.loads(JSONFormatter().format(record))
    assert (line["route"], line["method"], line["status"]) == ("movies/", "GET", 200)
    for personal in ("ada", "embarrassing", "127.0.0.1"):
        assert personal not in json.dumps(line)
    assert "route=movies/ status=200" in LineFormatter("{message}", style="{").format(record)
