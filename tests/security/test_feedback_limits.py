"""Feedback through the API: only about movies that were listed, and bounded per user and day."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from rest_framework.test import APIClient

from benchmarks.support.worlds import World
from movies.models import Movie, User
from recommendations.feedback import recorder as feedback_recorder
from recommendations.feedback.recorder import PendingEvent, Recorder
from recommendations.models import Event, ModelVersion, Place

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def client(ada: User) -> APIClient:
    cache.clear()
    client = APIClient()
    client.force_authenticate(ada)
    return client


def accepted(client: APIClient, *movies: int) -> int:
    events = [{"kind": "impression", "movie": movie, "source": "popular", "rank": 1} for movie in movies]
    response = client.post("/api/v1/events/", {"events": events}, format="json")
    return int(response.json()["accepted"])


def test_only_movies_that_the_api_listed_count(
    client: APIClient, world: World, version: ModelVersion, own_recorder: Recorder
) -> None:
    all_movies = list(Movie.objects.values_list("pk", flat=True))
    assert accepted(client, *all_movies) == 0
    found = client.get("/api/v1/me/recommendations/?n=3").json()["results"]
    more = client.get("/api/v1/me/recommendations/?n=3&year_to=1990").json()["results"]
    listed = {entry["movie"]["id"] for entry in [*found, *more]}
    assert accepted(client, *all_movies, 10**9) == len(listed)
    assert own_recorder.flush() == len(listed)
    assert set(Event.objects.values_list("movie_id", flat=True)) == listed


def impressions(user: User, movies: list[Movie]) -> list[PendingEvent]:
    return [PendingEvent(Event.Kind.IMPRESSION, user.pk, movie.pk, Place.API, position=1) for movie in movies]


def test_a_process_queues_a_bounded_number_per_user(
    ada: User, world: World, own_recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback_recorder, "MOST_PER_DAY", 3)
    other = User.objects.create(username="other")
    own_recorder.put(impressions(ada, world.space[:5]))
    own_recorder.put(impressions(other, world.space[:2]))
    assert own_recorder.flush() == 5
    assert Event.objects.filter(user=ada).count() == 3


def test_all_processes_together_store_a_bounded_number_per_user_and_day(
    ada: User, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback_recorder, "MOST_PER_DAY", 3)
    yesterday = timezone.now() - timedelta(days=1)
    Event.objects.create(kind=1, user=ada, movie=world.space[0], place=Place.API, position=1, at=yesterday)
    stored = [feedback_recorder.write(impressions(ada, world.space[start : start + 2])) for start in (0, 2, 4)]
    assert stored == [2, 1, 0]
    assert Event.objects.filter(user=ada).count() == 4
