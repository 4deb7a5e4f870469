"""The recommender's API."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from knox.models import AuthToken
from pytest_django import Settings
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIClient

from benchmarks.support.worlds import World
from movies import services
from movies.models import Movie, Rating, User
from recommendations.api.serializers import EntrySerializer
from recommendations.feedback.recorder import Recorder
from recommendations.models import Event, ModelVersion, Place, TrainingRun
from recommendations.serving.recommend import recommend
from recommendations.versions import registry
from recsite.api.models import ServiceToken

pytestmark = [pytest.mark.django_db, pytest.mark.database]
V1 = "/api/v1/"


@pytest.fixture
def fan(ada: User, world: World, version: ModelVersion) -> User:
    for movie in world.space[:4]:
        services.rate(user=ada, movie=movie, half_stars=10)
    return ada


@pytest.fixture
def client(ada: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(ada)
    return client


def service(*scopes: str) -> APIClient:
    boss = User.objects.create_superuser(f"boss-{'-'.join(scopes)}")
    instance, token = AuthToken.objects.create(user=boss)
    ServiceToken.objects.create(token=instance, name="shop", scopes=list(scopes))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def get(client: APIClient, path: str) -> Any:
    response = client.get(V1 + path)
    assert response.status_code == HTTPStatus.OK, response.content
    return response.json()


def ids(found: Any) -> list[int]:
    return [entry["movie"]["id"] for entry in found["results"]]


def test_a_list_has_ranks_scores_reasons_version_and_source(client: APIClient, fan: User, world: World) -> None:
    found = get(client, "me/recommendations/?n=8")
    assert (found["version"], found["source"]) == (ModelVersion.objects.get().name, "folded_in")
    assert set(ids(found)) <= {movie.pk for movie in world.space[4:]}
    assert [entry["rank"] for entry in found["results"]] == list(range(1, 9))
    scores = [entry["score"] for entry in found["results"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0.5 <= entry["predicted_stars"] <= 5 for entry in found["results"])
    first = found["results"][0]["reasons"][0]
    assert first["movie"]["id"] in {movie.pk for movie in world.space[:4]}
    assert first["stars"] == 5.0


def test_a_trained_vector_is_named_as_source(world: World, version: ModelVersion) -> None:
    client = APIClient()
    client.force_authenticate(world.people[3])
    assert get(client, "me/recommendations/")["source"] == "trained"


def test_an_explanation_adds_up_to_the_score(client: APIClient, fan: User) -> None:
    entry = get(client, "me/recommendations/?n=1&explain=true")["results"][0]
    explanation = entry["explanation"]
    assert explanation["score"] == pytest.approx(entry["score"], abs=1e-4)
    assert sum(explanation["parts"].values()) == pytest.approx(explanation["score"], abs=1e-4)
    total = explanation["base"] + explanation["training"] + sum(rating["share"] for rating in explanation["ratings"])
    assert total == pytest.approx(explanation["score"], abs=1e-4)
    assert get(client, "me/recommendations/?n=1")["results"][0]["explanation"] is None


def test_a_list_equals_its_serializers_output(fan: User, world: World) -> None:
    newcomer = User.objects.create(username="newcomer")
    for user in (fan, newcomer):
        entries = recommend(user, explained=True).entries
        serialized = [EntrySerializer({**vars(e), "rank": rank}).data for rank, e in enumerate(entries, start=1)]
        client = APIClient()
        client.force_authenticate(user)
        response = get(client, "me/recommendations/?explain=true")["results"]
        assert json.dumps(response) == json.dumps(json.loads(JSONRenderer().render(serialized)))


@pytest.mark.parametrize("ranker", ["exact", "annoy", "served"])
def test_each_ranker_returns_the_same_list(client: APIClient, fan: User, ranker: str) -> None:
    assert ids(get(client, f"me/recommendations/?ranker={ranker}")) == ids(get(client, "me/recommendations/"))


def test_a_list_can_be_steered_and_narrowed(client: APIClient, fan: User, world: World) -> None:
    plain = ids(get(client, "me/recommendations/?n=5"))
    romance = {movie.pk for movie in world.romance}
    assert set(ids(get(client, "me/recommendations/?n=5&more=romance&less=space"))) & romance
    assert set(ids(get(client, "me/recommendations/?n=5&genre=romance"))) <= romance
    assert ids(get(client, f"me/recommendations/?n=4&exclude={plain[0]}")) == plain[1:]


def test_a_list_can_be_steered_by_tags(client: APIClient, fan: User, tagged: list[Movie]) -> None:
    robots = {movie.pk for movie in tagged}

    def sum_of_ranks(query: str) -> int:
        listed = ids(get(client, f"me/recommendations/?n=40{query}"))
        return sum(listed.index(pk) for pk in robots)

    assert sum_of_ranks("&more_tags=ROBOTS") < sum_of_ranks("") < sum_of_ranks("&less_tags=robots")
    response = client.get(f"{V1}me/recommendations/?more_tags=robots&more_tags=nonsense")
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert "nonsense" in response.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    "query", ["popularity=2", "diversity=-0.1", "recency=nan", "ranker=magic", "n=0", "explain=7", "popularity=+1"]
)
def test_an_invalid_parameter_is_refused(client: APIClient, fan: User, query: str) -> None:
    response = client.get(f"{V1}me/recommendations/?{query}")
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response.json()["errors"][0]["attr"] == query.partition("=")[0]


def test_an_unchanged_list_is_not_sent_again(client: APIClient, fan: User, world: World) -> None:
    path = f"{V1}me/recommendations/"
    tag = client.get(path).headers["ETag"]

    def again(query: str = "") -> int:
        return client.get(path + query, headers={"If-None-Match": tag}).status_code

    assert again() == HTTPStatus.NOT_MODIFIED
    assert again("?n=3") == HTTPStatus.OK
    services.hide(user=fan, movie=world.romance[0])
    assert again() == HTTPStatus.OK
    tag = client.get(path).headers["ETag"]
    services.rate(user=fan, movie=world.space[0], half_stars=9)
    assert again() == HTTPStatus.OK


def test_stars_are_predicted_for_unrated_movies(client: APIClient, fan: User, world: World) -> None:
    loved, other, rated = world.space[10].pk, world.romance[3].pk, world.space[0].pk
    found = get(client, f"me/predictions/?movie={other}&movie={loved}&movie={rated}")["results"]
    assert [line["movie"] for line in found] == [other, loved, rated]
    assert found[1]["stars"] > found[0]["stars"]
    assert found[2]["stars"] is None


def test_a_preview_uses_only_the_given_ratings(fan: User, world: World) -> None:
    before = Rating.objects.count()
    body = {"ratings": [{"movie": movie.pk, "stars": 5} for movie in world.romance[:3]], "n": 5, "explain": True}
    found = APIClient().post(f"{V1}recommendations/preview/", body).json()
    assert found["source"] == "folded_in"
    assert set(ids(found)) <= {movie.pk for movie in world.romance[3:]}
    assert found["results"][0]["explanation"]
    assert Rating.objects.count() == before


def test_a_service_reads_the_list_that_a_member_reads(client: APIClient, fan: User) -> None:
    mine = get(client, "me/recommendations/")
    assert get(service("recommendations"), f"users/{fan.pk}/recommendations/") == mine


def test_a_batch_returns_many_lists(client: APIClient, fan: User, world: World) -> None:
    services.hide(user=fan, movie=world.space[6])
    users = [fan.pk, world.people[5].pk, 7, fan.pk]
    response = service("recommendations").post(f"{V1}recommendations/batch/", {"users": users, "n": 6})
    found = response.json()
    assert [entry["user"] for entry in found["results"]] == users[:3]
    assert [line["movie"] for line in found["results"][0]["results"]] == ids(get(client, "me/recommendations/?n=6"))
    assert len(found["results"][1]["results"]) == 6
    assert found["results"][2]["results"] == []


def test_a_batch_has_its_limit(fan: User) -> None:
    response = service("recommendations").post(f"{V1}recommendations/batch/", {"users": list(range(1, 1002))})
    assert response.status_code == HTTPStatus.BAD_REQUEST


def test_a_services_scopes_limit_it(fan: User) -> None:
    shop = service("models")
    assert get(shop, "versions/")["results"]
    for path in ("me/", "me/ratings/", f"users/{fan.pk}/recommendations/"):
        assert shop.get(V1 + path).status_code == HTTPStatus.FORBIDDEN
    assert shop.post(f"{V1}runs/", {}).status_code == HTTPStatus.FORBIDDEN
    assert shop.get(f"{V1}movies/").status_code == HTTPStatus.OK


def test_versions_and_runs_are_shown(version: ModelVersion) -> None:
    run = TrainingRun.objects.create(phase="fit", progress=0.5)
    shop = service("models")
    found = get(shop, f"versions/{version.name}/")
    assert (found["is_active"], found["metrics"]) == (True, version.metrics)
    assert get(shop, f"runs/{run.pk}/")["progress"] == 0.5
    assert get(shop, "runs/")["results"][0]["id"] == run.pk


def test_staff_with_the_permission_can_operate(version: ModelVersion, ada: User, client: APIClient) -> None:
    assert client.post(f"{V1}versions/{version.name}/activate/").status_code == HTTPStatus.FORBIDDEN
    ada.is_staff = True
    ada.save()
    ada.user_permissions.add(Permission.objects.get(codename="operate_models"))
    client.force_authenticate(User.objects.get(pk=ada.pk))
    response = client.post(f"{V1}versions/{version.name}/activate/")
    assert response.status_code == HTTPStatus.OK, response.content
    assert version.activations.first().activated_by == ada  # type: ignore[union-attr]
    assert client.post(f"{V1}versions/roll-back/").status_code == HTTPStatus.CONFLICT


def test_a_run_is_requested_and_cancelled(monkeypatch: pytest.MonkeyPatch, ada: User) -> None:
    monkeypatch.setattr("recommendations.training.dispatch.current_app.send_task", lambda *args, **kwargs: None)
    shop = service("operate")
    response = shop.post(f"{V1}runs/", {"config": {"epochs": 3}})
    assert response.status_code == HTTPStatus.ACCEPTED
    run = TrainingRun.objects.get()
    assert run.parameters == {"config": {"epochs": 3}}
    assert shop.post(f"{V1}runs/{run.pk}/cancel/").json()["status"] == "cancelled"
    assert shop.post(f"{V1}runs/{run.pk}/cancel/").status_code == HTTPStatus.CONFLICT


def test_spark_is_available_only_if_configured(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr("recommendations.training.dispatch.current_app.send_task", lambda *args, **kwargs: None)
    shop = service("operate")
    settings.SPARK_MASTER = ""
    refused = shop.post(f"{V1}runs/", {"trainer": "spark"})
    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert "SPARK_MASTER" in refused.json()["errors"][0]["detail"]
    settings.SPARK_MASTER = "spark://cluster:7077"
    assert shop.post(f"{V1}runs/", {"trainer": "spark"}).json()["parameters"] == {"trainer": "spark"}


def test_a_version_whose_files_are_gone_is_a_conflict(version: ModelVersion) -> None:
    registry.ModelVersion.objects.update(files_removed_at=version.created_at)
    response = service("operate").post(f"{V1}versions/{version.name}/activate/")
    assert response.status_code == HTTPStatus.CONFLICT
    assert response.json()["errors"][0]["code"] == "conflict"


def test_a_member_records_their_own_events(client: APIClient, fan: User, own_recorder: Recorder) -> None:
    found = get(client, "me/recommendations/?n=2")
    event = {
        "movie": ids(found)[1],
        "version": found["version"],
        "source": found["source"],
        "rank": 2,
    }
    body = {"events": [{"kind": kind, **event} for kind in ("impression", "click")]}
    assert client.post(f"{V1}events/", body).status_code == HTTPStatus.ACCEPTED
    assert own_recorder.flush() == 2
    click = Event.objects.get(kind=Event.Kind.CLICK)
    assert (click.user, click.place, click.position, click.version) == (fan, Place.API, 2, ModelVersion.objects.get())
    body["events"][0]["user"] = fan.pk + 1
    assert client.post(f"{V1}events/", body).status_code == HTTPStatus.FORBIDDEN


def test_a_service_records_any_users_events(fan: User, world: World, own_recorder: Recorder) -> None:
    event = {"kind": "click", "movie": world.space[0].pk, "source": "popular", "rank": 1}
    shop = service("events")
    assert shop.post(f"{V1}events/", {"events": [event]}).status_code == HTTPStatus.FORBIDDEN
    assert shop.post(f"{V1}events/", {"events": [{**event, "user": fan.pk}]}).status_code == HTTPStatus.ACCEPTED
    assert own_recorder.flush() == 1
