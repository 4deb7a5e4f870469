"""Movies seen without a rating, and movies that a member has hidden, in all lists."""

from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from movies import selectors, services
from movies.models import Genre, Movie, SeenMovie, User, WatchlistItem
from movies.search import current

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def movies(ada: User) -> list[Movie]:
    """Ten rated movies of a genre, most rated first."""
    cache.clear()
    horror = Genre.objects.create(name="Horror", slug="horror")
    found = [Movie.objects.create(title=f"Alien {n}", year=1980 + n, search_text=f"alien {n}") for n in range(10)]
    for n, movie in enumerate(found):
        movie.genres.add(horror)
        for m in range(10 - n):
            user, _ = User.objects.get_or_create(username=f"fan{m}")
            services.rate(user=user, movie=movie, half_stars=8)
    current.refresh()
    return list(selectors.popular(10))


def test_seen_takes_a_movie_from_the_watchlist_and_keeps_its_day(movies: list[Movie], ada: User) -> None:
    services.watch(user=ada, movie=movies[0])
    services.see(user=ada, movie=movies[0])
    assert not WatchlistItem.objects.exists()
    assert SeenMovie.objects.get().seen_on == timezone.localdate()
    services.see(user=ada, movie=movies[0], seen_on=date(2020, 2, 29))
    services.see(user=ada, movie=movies[0])
    assert SeenMovie.objects.get().seen_on == date(2020, 2, 29)


def test_many_movies_are_marked_once(movies: list[Movie], ada: User) -> None:
    rows = [(movies[0].pk, date(2020, 1, 1)), (movies[1].pk, None)]
    assert services.add_seen(user=ada, movies=rows) == 2
    assert services.add_seen(user=ada, movies=rows) == 0
    assert [(seen.movie, seen.seen_on) for seen in selectors.seen_without_rating(ada)] == [
        (movies[0], date(2020, 1, 1)),
        (movies[1], None),
    ]
    services.rate(user=ada, movie=movies[0], half_stars=9)
    assert [seen.movie for seen in selectors.seen_without_rating(ada)] == [movies[1]]


def test_the_api_takes_the_day(movies: list[Movie], ada: User) -> None:
    client = APIClient()
    client.force_authenticate(ada)
    path = f"/api/v1/movies/{movies[0].pk}/seen/"
    assert client.put(path, {"seen_on": "2020-02-30"}, format="json").status_code == 400
    assert client.put(path, {"seen_on": "2020-02-29"}, format="json").status_code == 204
    assert client.get("/api/v1/me/seen/").json()["results"][0]["seen_on"] == "2020-02-29"


def test_the_watchlist_page_lists_what_was_seen(movies: list[Movie], ada: User) -> None:
    client = Client()
    client.force_login(ada)
    services.see(user=ada, movie=movies[0], seen_on=date(2020, 2, 29))
    page = client.get(reverse("movies:watchlist")).content.decode()
    assert "Seen, not rated" in page
    assert "29 Feb 2020" in page


def test_rows_leave_out_hidden_movies_and_stay_full(movies: list[Movie], ada: User) -> None:
    hidden = [movie.pk for movie in movies[:2]]
    for pk in hidden:
        services.hide(user=ada, movie=Movie.objects.get(pk=pk))
    genre = Genre.objects.get()
    assert selectors.popular(5, exclude=hidden) == movies[2:7]
    assert selectors.popular(5, genre=genre, exclude=hidden) == movies[2:7]
    for _ in range(2):
        assert len(set(selectors.popular_now(5, exclude=hidden)) - set(movies[:2])) == 5
        assert movies[0] in selectors.popular_now(5)


def test_suggestions_of_a_member_leave_out_hidden_movies(movies: list[Movie], ada: User) -> None:
    services.hide(user=ada, movie=movies[0])
    member, visitor = Client(), Client()
    member.force_login(ada)
    path = reverse("movies:suggest")
    asked = {client: client.get(path, {"q": "alien"}).content.decode() for client in (member, visitor)}
    assert movies[0].get_absolute_url() + '"' in asked[visitor]
    assert movies[0].get_absolute_url() + '"' not in asked[member]
    assert asked[member].count('role="option"') == asked[visitor].count('role="option"')


def test_the_catalogue_is_filtered_by_the_members_marks(movies: list[Movie], ada: User) -> None:
    services.rate(user=ada, movie=movies[0], half_stars=9)
    services.see(user=ada, movie=movies[1])
    services.hide(user=ada, movie=movies[2])
    client = Client()
    client.force_login(ada)

    def listed(client: Client, mine: str) -> set[Movie]:
        page = client.get(reverse("movies:browse"), {"mine": mine, "q": "alien"})
        return {card.movie for card in page.context["cards"]}

    assert listed(client, "seen") == set(movies[:2])
    assert listed(client, "hidden") == {movies[2]}
    assert listed(client, "new") == set(movies[3:])
    assert listed(client, "nonsense") == listed(Client(), "hidden") == set(movies)
