"""What was rated last is decided by time, not by the order in which rows were written."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet
from django.test import RequestFactory
from django.utils import timezone

from benchmarks.support import worlds
from movies import selectors, services
from movies.models import Movie, Rating, User
from movies.selectors import movie_queries
from recommendations.admin.dashboard import dashboard

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def loaded(db: None, monkeypatch: pytest.MonkeyPatch) -> list[Rating]:
    """Three ratings, stored newest first, as a release may list them; only the latest one counts as popular."""
    monkeypatch.setattr(movie_queries, "LATEST_RATINGS", 1)
    cache.clear()
    movies = worlds.three_movies(year_of_the_last=None)
    Rating.objects.all().delete()
    user, now = User.objects.create(username="ada"), timezone.now().replace(microsecond=0)
    return [
        Rating.objects.create(user=user, movie=movie, half_stars=8, rated_at=now - timedelta(days=days))
        for days, movie in enumerate(movies, start=1)
    ]


def test_popular_now_follows_the_time(loaded: list[Rating]) -> None:
    assert selectors.popular_now(5) == [loaded[0].movie]


def test_a_changed_rating_moves_to_the_top(loaded: list[Rating]) -> None:
    services.rate(user=loaded[1].user, movie=loaded[1].movie, half_stars=3)
    assert selectors.popular_now(5) == [loaded[1].movie]


def test_the_dashboard_shows_the_latest_time(loaded: list[Rating]) -> None:
    assert dashboard().newest == loaded[0].rated_at


def test_the_admin_lists_the_latest_first(loaded: list[Rating]) -> None:
    table = admin.site._registry[Rating]
    assert list(table.get_queryset(RequestFactory().get("/")).order_by(*(table.ordering or ()))) == loaded


@pytest.mark.parametrize(
    "query",
    [
        Rating.objects.order_by("-rated_at").values("movie_id")[:5000],
        Rating.objects.order_by("-rated_at", "-pk")[:50],
    ],
)
def test_the_latest_are_read_by_an_index(query: QuerySet[Rating]) -> None:
    if connection.vendor == "postgresql":
        # Few rows would be scanned in any case.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "rating_by_time" in query.all().explain()


def test_movies_are_still_listed_without_ratings(db: None) -> None:
    cache.clear()
    Movie.objects.create(title="Alien")
    assert selectors.popular_now(5) == []
