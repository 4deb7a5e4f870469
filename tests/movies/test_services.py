"""Services of ratings and lists are idempotent and safe under concurrency."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from model_bakery import baker

from movies import services
from movies.models import HiddenMovie, Movie, Rating, SeenMovie, User, WatchlistItem

pytestmark = pytest.mark.database


@pytest.fixture
def user(db: None) -> User:
    return baker.make(User, username="ada")


@pytest.fixture
def movie(db: None) -> Movie:
    return baker.make(Movie, title="Alien", year=1979)


def test_a_new_rating_replaces_the_old_one(user: User, movie: Movie) -> None:
    first = services.rate(user=user, movie=movie, half_stars=3)
    second = services.rate(user=user, movie=movie, half_stars=9)
    assert second.rated_at >= first.rated_at
    assert list(Rating.objects.values_list("pk", "half_stars")) == [(second.pk, 9)]
    movie.refresh_from_db()
    assert (movie.rating_count, movie.rating_mean) == (1, 4.5)


@pytest.mark.parametrize("half_stars", [0, 11, -1])
def test_a_rating_out_of_range_is_rejected(user: User, movie: Movie, half_stars: int) -> None:
    with pytest.raises(ValueError, match="1 to 10 half stars"):
        services.rate(user=user, movie=movie, half_stars=half_stars)


def test_deleting_a_rating_returns_whether_there_was_one(user: User, movie: Movie) -> None:
    services.rate(user=user, movie=movie, half_stars=3)
    assert services.unrate(user=user, movie=movie)
    assert not services.unrate(user=user, movie=movie)
    movie.refresh_from_db()
    assert movie.rating_count == 0


@pytest.mark.parametrize(
    ("add", "remove", "model"),
    [
        (services.watch, services.unwatch, WatchlistItem),
        (services.hide, services.unhide, HiddenMovie),
        (services.see, services.unsee, SeenMovie),
    ],
)
def test_adding_to_a_list_is_idempotent(
    user: User,
    movie: Movie,
    add: Callable[..., None],
    remove: Callable[..., bool],
    model: type[WatchlistItem | HiddenMovie],
) -> None:
    add(user=user, movie=movie)
    add(user=user, movie=movie)
    assert model.objects.filter(user=user, movie=movie).count() == 1
    assert remove(user=user, movie=movie)
    assert not remove(user=user, movie=movie)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="an SQLite database in memory has one connection")
def test_the_same_rating_posted_sixteen_times_at_once_is_one_row(user: User, movie: Movie) -> None:
    def post(half_stars: int) -> None:
        try:
            services.rate(user=user, movie=movie, half_stars=half_stars)
            services.watch(user=user, movie=movie)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(post, [7] * 16))
    movie.refresh_from_db()
    assert (Rating.objects.count(), WatchlistItem.objects.count()) == (1, 1)
    assert (movie.rating_count, movie.rating_sum) == (1, 7)
