"""Pages need as many queries for a large catalogue as for a small one."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from movies.models import Genre, Movie, MovieTag, Rating, Tag, User, WatchlistItem
from movies.models.genome import GenomeTag, GenomeVector

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ADDRESSES: dict[str, Callable[[], str]] = {
    "home": lambda: reverse("home"),
    "browse": lambda: reverse("movies:browse"),
    "search": lambda: reverse("movies:browse") + "?q=movie",
    "genre": lambda: reverse("movies:browse") + "?genre=drama&sort=rating",
    "year": lambda: reverse("movies:browse") + "?year_from=1990&year_to=1999&sort=newest",
    "tag": lambda: reverse("movies:browse") + "?tag=slow",
    "suggest": lambda: reverse("movies:suggest") + "?q=mov",
    "movie": lambda: Movie.objects.earliest("pk").get_absolute_url(),
    "ratings": lambda: reverse("movies:ratings"),
    "statistics": lambda: reverse("movies:statistics"),
    "watchlist": lambda: reverse("movies:watchlist"),
}


def grow(ada: User, n: int) -> None:
    """Add n movies with everything that a page may show of them, and n users who rated them."""
    drama, _ = Genre.objects.get_or_create(name="Drama", slug="drama")
    slow, _ = Tag.objects.get_or_create(name="slow", key="slow")
    GenomeTag.objects.get_or_create(place=0, name="slow")
    users = [User.objects.create(username=f"person{n}-{number}") for number in range(n)]
    for number in range(n):
        movie = Movie.objects.create(title=f"Movie {number}", year=1990 + number % 10)
        movie.genres.add(drama)
        GenomeVector.objects.create(movie=movie, relevances=b"\xff\xff")
        WatchlistItem.objects.create(user=ada, movie=movie)
        for user in (ada, *users):
            MovieTag.objects.create(user=user, movie=movie, tag=slow)
            Rating.objects.create(
                user=user, movie=movie, half_stars=1 + number % 10, rated_at=datetime(2020, 1, 1, tzinfo=UTC)
            )


def query_count(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", list(ADDRESSES))
def test_the_number_of_queries_does_not_grow(ada: User, member: Client, name: str) -> None:
    grow(ada, 2)
    few = query_count(member, ADDRESSES[name]())
    grow(ada, 20)
    assert query_count(member, ADDRESSES[name]()) <= few
