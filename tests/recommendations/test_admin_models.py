"""The admin for model operators, and what other roles cannot do there."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django import Settings

from benchmarks.support.worlds import World
from movies import services
from movies.models import Movie, User
from recommendations.admin.charts import Amount, Series, bar_chart, line_chart
from recommendations.feedback import assignment
from recommendations.models import Arm, Event, Experiment, ModelVersion, TrainingRun
from recommendations.versions import registry
from recsite.api.models import ServiceToken

pytestmark = [pytest.mark.django_db, pytest.mark.database]
INDEX = "/admin/"


@pytest.fixture
def as_role() -> Callable[[str], Client]:
    def make(role: str) -> Client:
        user = User.objects.create(username=role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def operator(as_role: Callable[[str], Client]) -> Client:
    return as_role("Model operator")


@pytest.fixture
def sent_messages(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The messages sent to workers; transactions commit at once, as in a separate request."""
    sent: list[Any] = []
    monkeypatch.setattr(
        "recommendations.training.dispatch.current_app.send_task", lambda *args, **kwargs: sent.append(kwargs)
    )
    monkeypatch.setattr("recommendations.training.dispatch.transaction.on_commit", lambda do: do())
    return sent


def post(client: Client, name: str, *args: Any) -> str:
    return client.post(reverse(f"admin:recommendations_{name}", args=args), follow=True).content.decode()


def log() -> list[str]:
    return list(LogEntry.objects.values_list("change_message", flat=True))


def test_the_index_page_shows_the_dashboard(operator: Client, world: World, version: ModelVersion) -> None:
    Event.objects.create(
        kind=1, user=world.people[0], movie=world.space[0], version=version, place="home", source="trained", position=1
    )
    TrainingRun.objects.create(phase="fit", progress=0.25, status="running")
    page = operator.get(INDEX).content.decode()
    for words in (
        version.name,
        "<dd>40</dd>",
        "Retrain",
        'value="0.250"',
        "Movies without genres: 0",
        "<polyline",
        "Cancel",
    ):
        assert words in page, words
    assert " style=" not in page
    assert "<script>" not in page


def test_viewers_see_the_dashboard_without_buttons(as_role: Callable[[str], Client], version: ModelVersion) -> None:
    viewer = as_role("Viewer")
    page = viewer.get(INDEX).content.decode()
    assert version.name in page
    assert "Retrain" not in page
    run = TrainingRun.objects.create()
    for name, args in (("retrain", ()), ("cancel", (run.pk,)), ("activate", (version.pk,)), ("roll_back", ())):
        response = viewer.post(reverse(f"admin:recommendations_{name}", args=args))
        assert response.status_code == HTTPStatus.FORBIDDEN
    assert viewer.get(reverse("admin:recommendations_see", args=[run.pk])).status_code == HTTPStatus.FORBIDDEN
    assert log() == []


def test_a_retraining_is_requested_and_logged(operator: Client, sent_messages: list[Any]) -> None:
    assert "is waiting for a worker" in post(operator, "retrain")
    run = TrainingRun.objects.get()
    assert sent_messages == [{"args": [run.pk], "retry": False}]
    assert run.requested_by == User.objects.get(username="Model operator")
    assert f"Cancelling run {run.pk}" in post(operator, "cancel", run.pk)
    run.refresh_from_db()
    assert run.status == TrainingRun.Status.CANCELLED
    assert log() == ["Cancelled the run.", "Requested a retraining."]


def test_the_trainer_is_chosen_where_spark_is_configured(
    operator: Client, sent_messages: list[Any], settings: Settings
) -> None:
    address = reverse("admin:recommendations_retrain")
    settings.SPARK_MASTER = ""
    assert 'name="trainer"' not in operator.get(INDEX).content.decode()
    assert "spark is not one of" in operator.post(address, {"trainer": "spark"}, follow=True).content.decode()
    assert sent_messages == []
    settings.SPARK_MASTER = "local[*]"
    assert "ALS on Spark" in operator.get(INDEX).content.decode()
    operator.post(address, {"trainer": "spark"})
    assert TrainingRun.objects.get().parameters == {"trainer": "spark"}


def test_a_broker_that_does_not_answer_is_reported(
    operator: Client, sent_messages: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("no route")

    monkeypatch.setattr("recommendations.training.dispatch.current_app.send_task", fail)
    assert "The broker does not answer" in post(operator, "retrain")


def test_progress_reloads_while_a_run_is_running(operator: Client) -> None:
    run = TrainingRun.objects.create(status="running", phase="fit", progress=0.5)
    address = reverse("admin:recommendations_progress")
    assert "hx-trigger" in operator.get(address).content.decode()
    TrainingRun.objects.filter(pk=run.pk).update(status="succeeded", finished_at=timezone.now())
    assert "hx-trigger" not in operator.get(address).content.decode()


def test_a_version_is_activated_after_confirmation(operator: Client, version: ModelVersion) -> None:
    address = reverse("admin:recommendations_activate", args=[version.pk])
    assert f"Activate {version}?" in operator.get(address).content.decode()
    assert version.activations.count() == 1
    assert "every process follows" in post(operator, "activate", version.pk)
    assert version.activations.count() == 2
    assert log() == ["Activated the version."]


def test_rolling_back_activates_the_predecessor(operator: Client, version: ModelVersion) -> None:
    assert "There is no earlier version" in post(operator, "roll_back")
    fields = {name: getattr(version, name) for name in ("users", "movies", "ratings", "dimension", "size")}
    newer = ModelVersion.objects.create(name="newer", manifest_sha256="x", **fields)
    registry._switch(newer, by=None)
    assert version.name in operator.get(reverse("admin:recommendations_roll_back")).content.decode()
    post(operator, "roll_back")
    version.refresh_from_db()
    assert version.is_active


def test_a_users_recommendations_are_shown_and_the_view_is_logged(
    operator: Client, world: World, version: ModelVersion
) -> None:
    person = world.people[2]
    services.rate(user=person, movie=world.space[0], half_stars=10)
    page = operator.get(reverse("admin:recommendations_see", args=[person.pk])).content.decode()
    assert version.name in page
    assert "<td>20</td>" in page
    assert "identity" in page
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.user.username) == (str(person.pk), "Model operator")
    assert not Event.objects.exists(), "the user was shown nothing"


def test_an_experiment_is_created_started_and_ended(operator: Client, world: World) -> None:
    arms: dict[str, object] = {
        "arms-TOTAL_FORMS": 2,
        "arms-INITIAL_FORMS": 0,
        "arms-MIN_NUM_FORMS": 2,
        "arms-MAX_NUM_FORMS": 9,
    }
    arms |= {"arms-0-name": "control", "arms-0-weight": 1, "arms-0-settings": "{}"}
    bold = {**arms, "arms-1-name": "bold", "arms-1-weight": 1, "arms-1-settings": '{"diversity": 7}'}
    refused = operator.post(reverse("admin:recommendations_experiment_add"), {"name": "Bolder", **bold})
    assert "diversity must be a number from 0 to 1" in refused.content.decode()
    bold["arms-1-settings"] = '{"diversity": 0.5}'
    operator.post(reverse("admin:recommendations_experiment_add"), {"name": "Bolder", **bold})
    experiment = Experiment.objects.get()
    assert "Started the experiment." in post(operator, "start", experiment.pk)
    page = operator.get(reverse("admin:recommendations_experiment_change", args=[experiment.pk])).content.decode()
    assert "Too early to say" in page
    assert 'name="name"' not in page, "arms cannot be changed once the experiment has started"
    assert "Ended the experiment." in post(operator, "end", experiment.pk)
    assert assignment.running() == []
    assert Arm.objects.count() == 2


def test_a_services_token_is_shown_once(world: World) -> None:
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss", password="lovelace-1815"))
    address = reverse("admin:api_servicetoken_add")
    form = {"name": "shop", "scopes": ["models"], "days": 30, "password": "lovelace-1815"}
    page = boss.post(address, form, follow=True).content.decode()
    token = re.search(r"shown only once: (\w+)", page)
    assert token
    response = Client().get("/api/v1/versions/", headers={"authorization": f"Token {token[1]}"})
    assert response.status_code == HTTPStatus.OK
    service_token = ServiceToken.objects.get()
    boss.post(reverse("admin:api_servicetoken_delete", args=[service_token.pk]), {"post": "yes"})
    again = Client().get("/api/v1/versions/", headers={"authorization": f"Token {token[1]}"})
    assert again.status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("Viewer", {"view"}),
        ("Catalogue editor", {"view", "add", "change", "delete"}),
        ("Model operator", {"view"}),
    ],
)
def test_roles_may_do_what_they_are_for(as_role: Callable[[str], Client], role: str, may: set[str]) -> None:
    movie = Movie.objects.create(title="Alien")
    client = as_role(role)
    pages = {
        "view": client.get(reverse("admin:movies_movie_change", args=[movie.pk])),
        "add": client.get(reverse("admin:movies_movie_add")),
        "change": client.post(reverse("admin:movies_movie_change", args=[movie.pk]), {"title": "Aliens"}),
        "delete": client.post(reverse("admin:movies_movie_delete", args=[movie.pk]), {"post": "yes"}),
    }
    assert {name for name, page in pages.items() if page.status_code < HTTPStatus.BAD_REQUEST} == may
    assert client.get("/admin/movies/movie/import/").status_code == (
        HTTPStatus.OK if "add" in may else HTTPStatus.FORBIDDEN
    )
    assert client.get(reverse("admin:auth_group_changelist")).status_code == HTTPStatus.FORBIDDEN


def test_charts_are_drawn_within_their_frame() -> None:
    chart = line_chart("x", ["a", "b", "c"], [Series("up", [0.1, None, 0.9]), Series("down", [-0.2, 0.0, 0.5])])
    assert chart
    dots = [dot for line in chart.lines for dot in line.dots]
    assert all(chart.left <= dot.x <= chart.right and 0 <= dot.y <= chart.bottom for dot in dots)
    assert len(dots) == 5
    assert line_chart("x", ["a"], [Series("none", [None])]) is None
    bars = bar_chart("y", [Amount("a", 0.2, "20 %", 0.1, 0.3), Amount("b", 0.0, "0 %")])
    assert bars
    assert [bar.width <= bars.width for bar in bars.bars] == [True, True]
    assert bar_chart("y", []) is None
