"""Recording of impressions and clicks."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from benchmarks.support.worlds import World
from movies import services
from movies.models import Movie, User
from recommendations.feedback import recorder as feedback_recorder
from recommendations.feedback.recorder import PendingEvent, Recorder
from recommendations.models import Event, ModelVersion, Place

pytestmark = [pytest.mark.django_db, pytest.mark.database]
CLICK, IMPRESSION = Event.Kind.CLICK, Event.Kind.IMPRESSION


@pytest.fixture
def fan(ada: User, world: World, version: ModelVersion) -> User:
    for movie in world.space[:4]:
        services.rate(user=ada, movie=movie, half_stars=10)
    return ada


def test_a_list_is_recorded_with_its_version_and_source(member: Client, fan: User, own_recorder: Recorder) -> None:
    member.get(reverse("recommendations:list"))
    assert not Event.objects.exists(), "nothing is written during a request"
    assert own_recorder.flush() == 24
    events = list(Event.objects.order_by("position"))
    assert [event.position for event in events] == list(range(1, 25))
    assert {(event.kind, event.user, event.place, event.source) for event in events} == {
        (IMPRESSION, fan, Place.LIST, "folded_in")
    }
    assert {event.version for event in events} == {ModelVersion.objects.get()}


def test_the_same_list_again_is_no_new_impression(member: Client, fan: User, own_recorder: Recorder) -> None:
    for _ in range(2):
        member.get(reverse("recommendations:list"))
    assert own_recorder.flush() == 24
    member.get(reverse("home"))
    own_recorder.flush()
    assert Event.objects.filter(place=Place.HOME).exists()


def test_a_click_counts_where_the_movie_was_shown(member: Client, fan: User, own_recorder: Recorder) -> None:
    member.get(reverse("recommendations:list"))
    own_recorder.flush()
    third = Event.objects.get(position=3)
    for referer in ("http://testserver/recommendations/", "http://testserver/browse/", "http://elsewhere/", ""):
        member.get(third.movie.get_absolute_url(), headers={"referer": referer})
    own_recorder.flush(settled=False)
    click = Event.objects.get(kind=CLICK)
    assert (click.movie_id, click.place, click.position) == (third.movie_id, Place.LIST, 3)
    assert (click.version_id, click.source) == (third.version_id, "folded_in")


def test_a_recent_click_waits_for_impressions_of_other_processes(fan: User, world: World) -> None:
    recorder = Recorder()
    recorder._queue.append(PendingEvent(CLICK, fan.pk, world.space[5].pk, Place.HOME))
    assert recorder.flush() == 0
    Event.objects.create(kind=IMPRESSION, user=fan, movie=world.space[5], place=Place.HOME, source="x", position=7)
    assert recorder.flush(settled=False) == 1


def test_a_click_without_an_impression_is_dropped(fan: User, world: World) -> None:
    assert feedback_recorder.write([PendingEvent(CLICK, fan.pk, world.space[5].pk, Place.HOME)]) == 0


def test_events_of_deleted_accounts_are_dropped(fan: User, world: World) -> None:
    event = PendingEvent(IMPRESSION, fan.pk, world.space[5].pk, Place.HOME, position=1)
    of_deleted_user = PendingEvent(IMPRESSION, fan.pk + 1, world.space[5].pk, Place.HOME, position=1)
    assert feedback_recorder.write([event, of_deleted_user]) == 1
    fan.delete()
    assert not Event.objects.exists()


def test_events_are_kept_for_a_set_time(fan: User, world: World, settings: Settings) -> None:
    settings.EVENTS_KEPT_DAYS = 30
    for days in (1, 29, 31, 400):
        at = timezone.now() - timedelta(days=days)
        Event.objects.create(kind=CLICK, user=fan, movie=world.space[0], place=Place.HOME, position=1, at=at)
    assert feedback_recorder.prune() == 2
    assert Event.objects.count() == 2


def test_a_full_queue_drops_and_counts_events(monkeypatch: pytest.MonkeyPatch, own_recorder: Recorder) -> None:
    monkeypatch.setattr(feedback_recorder, "LONGEST_QUEUE", 3)
    own_recorder.put(PendingEvent(IMPRESSION, 1, movie, Place.API, position=1) for movie in range(5))
    assert own_recorder.lost == 2


def test_events_outlive_a_deleted_movie(fan: User) -> None:
    movie = Movie.objects.create(title="Gone")
    Event.objects.create(kind=CLICK, user=fan, movie=movie, place=Place.HOME, position=1)
    movie.delete()
    assert Event.objects.count() == 1
