"""Pages of a member's ratings, statistics and settings, without JavaScript."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from movies import services
from movies.models import Genre, Movie, Rating, User
from movies.selectors.taste import taste_of

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def rated(ada: User) -> None:
    comedy = Genre.objects.create(name="Comedy", slug="comedy")
    for title, half_stars in (("Alien", 10), ("Amélie", 6), ("Airplane!", 3)):
        movie = Movie.objects.create(title=title, year=1979)
        services.rate(user=ada, movie=movie, half_stars=half_stars)
        if title != "Alien":
            movie.genres.add(comedy)


def listed(client: Client, query: str) -> list[str]:
    page = client.get(f"{reverse('movies:ratings')}?{query}").content.decode()
    return re.findall(r'<h2><a href="/movies/\d+/">(.*?)</a>', page)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["Airplane!", "Amélie", "Alien"]),
        ("q=amelie", ["Amélie"]),
        ("stars=high", ["Alien"]),
        ("stars=middle", ["Amélie"]),
        ("stars=low", ["Airplane!"]),
        ("genre=comedy&sort=best", ["Amélie", "Airplane!"]),
        ("genre=comedy&stars=high", []),
        ("genre=x&stars=y&sort=z&page=q", ["Airplane!", "Amélie", "Alien"]),
    ],
)
def test_ratings_are_filtered_and_ordered_by_the_url(
    rated: None, member: Client, query: str, titles: list[str]
) -> None:
    assert listed(member, query) == titles


def test_without_matches_the_page_links_to_all_ratings(rated: None, member: Client) -> None:
    page = member.get(f"{reverse('movies:ratings')}?q=nothing").content.decode()
    assert "No ratings match these filters" in page
    assert f'href="{reverse("movies:ratings")}">see all' in page


def test_ratings_of_few_years_are_grouped_by_month(rated: None, ada: User) -> None:
    for rating, month in zip(Rating.objects.filter(user=ada).order_by("half_stars"), (1, 3, 3), strict=True):
        Rating.objects.filter(pk=rating.pk).update(rated_at=datetime(2024, month, 5, tzinfo=UTC))
    taste = taste_of(ada)
    assert taste
    assert [(time.name, time.count, time.mean) for time in taste.times] == [
        ("Jan 2024", 1, 1.5),
        ("Feb 2024", 0, None),
        ("Mar 2024", 2, 4.0),
    ]


def test_ratings_of_many_years_are_grouped_by_year(rated: None, ada: User, member: Client) -> None:
    first = Rating.objects.filter(user=ada).order_by("half_stars")[0]
    Rating.objects.filter(pk=first.pk).update(rated_at=datetime(2001, 5, 5, tzinfo=UTC))
    taste = taste_of(ada)
    assert taste
    assert (taste.times[0].name, taste.times[1].count) == ("2001", 0)
    assert len(taste.times) == datetime.now(UTC).year - 2000
    assert 'class="line"' in member.get(reverse("movies:statistics")).content.decode()


def test_a_member_chooses_when_to_see_predicted_stars(ada: User, member: Client) -> None:
    for shown, text in (("no", "Shown after you rate"), ("yes", "Shown for every movie")):
        page = member.post(reverse("movies:predictions"), {"shown": shown}, follow=True).content.decode()
        assert text in page
        ada.refresh_from_db()
        assert ada.shows_predictions == (shown == "yes")


def test_without_a_connection_there_is_a_page_that_says_so(client: Client) -> None:
    assert "You're offline" in client.get("/offline/").content.decode()
    worker = client.get("/offline.js")
    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert '"/offline/"' in worker.content.decode()
