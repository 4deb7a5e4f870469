"""Pages of the catalogue for visitors and members, without JavaScript."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from benchmarks.support import worlds
from movies import services
from movies.models import Genre, HiddenMovie, KeptMovie, Movie, MovieTag, Rating, SeenMovie, Tag, User, WatchlistItem

pytestmark = [pytest.mark.django_db, pytest.mark.database]
HOSTILE = "<script>alert('x')</script>\"><img src=//evil>"


@pytest.fixture
def movies() -> list[Movie]:
    return worlds.three_movies()


def titles(page: str) -> list[str]:
    return re.findall(r'<span class="title">(.*?)</span>', page)


def browse(query: str = "") -> list[str]:
    return titles(Client().get(f"{reverse('movies:browse')}?{query}").content.decode())


@pytest.mark.parametrize("name", ["home", "movies:browse", "movies:credits", "account_login", "account_signup"])
def test_public_pages_are_open_to_visitors(movies: list[Movie], name: str) -> None:
    assert Client().get(reverse(name)).status_code == HTTPStatus.OK


@pytest.mark.parametrize("name", ["movies:ratings", "movies:watchlist", "recommendations:list"])
def test_a_members_page_requires_login(movies: list[Movie], member: Client, name: str) -> None:
    assert Client().get(reverse(name)).headers["Location"].startswith(reverse("account_login"))
    assert member.get(reverse(name)).status_code == HTTPStatus.OK


def test_pages_send_a_content_security_policy_and_comply(movies: list[Movie], member: Client) -> None:
    for path in (reverse("home"), reverse("movies:browse"), movies[0].get_absolute_url(), reverse("movies:ratings")):
        response = member.get(path)
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert not re.search(r"<script>|<style|\sstyle=|\son\w+=|hx-on|javascript:", response.content.decode())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Alien", "Airplane!", "Amélie"]),
        ("q=amelie+2001", ["Amélie"]),
        ("q=AMÉLIE", ["Amélie"]),
        ("q=zzz", []),
        ("genre=comedy", ["Airplane!", "Amélie"]),
        ("genre=comedy&genre=horror", []),
        ("genre=nonsense", ["Alien", "Airplane!", "Amélie"]),
        ("year_from=1980&year_to=2000", ["Airplane!"]),
        ("year_from=soon&sort=sideways&page=-7", ["Alien", "Airplane!", "Amélie"]),
        ("min_ratings=10", []),
        ("sort=newest", ["Amélie", "Airplane!", "Alien"]),
        ("sort=title", ["Airplane!", "Alien", "Amélie"]),
        ("q=%00", ["Alien", "Airplane!", "Amélie"]),
    ],
)
def test_filters_and_order_are_in_the_url(movies: list[Movie], query: str, expected: list[str]) -> None:
    assert browse(query) == expected


def test_browsing_by_tag(movies: list[Movie], ada: User) -> None:
    tag = Tag.objects.create(name="Spaceship")
    MovieTag.objects.create(user=ada, movie=movies[0], tag=tag)
    assert browse("tag=spaceSHIP") == ["Alien"]


def test_each_filter_can_be_removed(movies: list[Movie]) -> None:
    page = Client().get(f"{reverse('movies:browse')}?q=a&genre=comedy&sort=title").content.decode()
    assert 'href="?genre=comedy&amp;sort=title"' in page
    assert 'href="?q=a&amp;sort=title"' in page


def test_a_movies_page_shows_its_details(movies: list[Movie]) -> None:
    page = Client().get(movies[0].get_absolute_url()).content.decode()
    assert "<h1>Alien</h1>" in page
    assert "<b>4.5</b>" in page
    assert "4½ stars 1, 5 stars 1" in page


def test_an_unknown_movie_is_not_found(movies: list[Movie]) -> None:
    for pk in (10**6, 10**30):
        assert Client().get(f"/movies/{pk}/").status_code == HTTPStatus.NOT_FOUND


def test_a_hostile_title_is_escaped(member: Client) -> None:
    movie = Movie.objects.create(title=HOSTILE, alternative_title=HOSTILE, year=1999)
    movie.genres.add(Genre.objects.create(name=HOSTILE[:60], slug="hostile"))
    for path in (
        movie.get_absolute_url(),
        reverse("movies:browse"),
        reverse("home"),
        reverse("movies:cover", args=[movie.pk]),
    ):
        page = member.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=//evil" not in page


def test_rating_without_javascript_redirects_back_with_a_message(movies: list[Movie], member: Client) -> None:
    alien = movies[0]
    path = alien.get_absolute_url()
    response = member.post(reverse("movies:rate", args=[alien.pk]), {"half_stars": 9, "next": path}, follow=True)
    assert response.redirect_chain == [(path, HTTPStatus.FOUND)]
    page = response.content.decode()
    assert "You rated Alien 4½ stars." in page
    assert re.search(r'value="9"[^>]* checked', page)


def test_rating_with_htmx_returns_the_control_and_an_announcement(movies: list[Movie], member: Client) -> None:
    path = reverse("movies:rate", args=[movies[0].pk])
    member.post(path, {"half_stars": 4})
    response = member.post(path, {"half_stars": 9}, headers={"HX-Request": "true"})
    page = response.content.decode()
    assert "<html" not in page
    assert 'hx-swap-oob="innerHTML:#announcer">You rated Alien 4½ stars.' in page
    assert re.search(r'value="4" id="undo-\d+">Undo', page)
    assert "rated" in response.headers["HX-Trigger"]


def test_an_empty_rating_deletes_it(movies: list[Movie], member: Client, ada: User) -> None:
    path = reverse("movies:rate", args=[movies[0].pk])
    member.post(path, {"half_stars": 9})
    member.post(path, {"half_stars": ""})
    assert not Rating.objects.filter(user=ada).exists()


@pytest.mark.parametrize("half_stars", ["0", "11", "4.5", "NaN", "９", "four", "-1", None])
def test_an_invalid_rating_is_rejected(movies: list[Movie], member: Client, ada: User, half_stars: str | None) -> None:
    services.rate(user=ada, movie=movies[0], half_stars=7)
    post = {} if half_stars is None else {"half_stars": half_stars}
    response = member.post(reverse("movies:rate", args=[movies[0].pk]), post)
    rated = Rating.objects.filter(user=ada).values_list("half_stars", flat=True)
    assert (response.status_code, list(rated)) == (HTTPStatus.BAD_REQUEST, [7])


def test_a_visitor_who_rates_is_asked_to_sign_in(movies: list[Movie]) -> None:
    path = movies[0].get_absolute_url()
    post = {"half_stars": 9, "next": path}
    login_url = f"{reverse('account_login')}?next={path}"
    assert Client().post(f"{path}rate/", post).headers["Location"] == login_url
    assert Client().post(f"{path}rate/", post, headers={"HX-Request": "true"}).headers["HX-Redirect"] == login_url


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_redirect_back_never_leaves_the_site(movies: list[Movie], member: Client, elsewhere: str) -> None:
    response = member.post(f"{movies[0].get_absolute_url()}rate/", {"half_stars": 9, "next": elsewhere})
    assert response.headers["Location"] == reverse("home")


@pytest.mark.parametrize(("verb", "model"), [("watch", WatchlistItem), ("hide", HiddenMovie), ("see", SeenMovie)])
def test_a_movie_is_added_to_a_list_and_removed(
    movies: list[Movie], member: Client, ada: User, verb: str, model: type[KeptMovie]
) -> None:
    path = f"{movies[1].get_absolute_url()}{verb}/"
    member.post(path)
    assert model._default_manager.filter(user=ada, movie=movies[1]).exists()
    assert "Airplane!" in member.get(reverse("movies:watchlist")).content.decode()
    member.post(path)
    assert not model._default_manager.filter(user=ada).exists()


@pytest.mark.parametrize("verb", ["rate", "watch", "see", "hide"])
def test_ratings_and_lists_change_by_post_only(movies: list[Movie], member: Client, verb: str) -> None:
    response = member.get(f"{movies[0].get_absolute_url()}{verb}/")
    assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_rated_and_hidden_movies_are_not_recommended(movies: list[Movie], member: Client, ada: User) -> None:
    services.rate(user=ada, movie=movies[0], half_stars=9)
    services.hide(user=ada, movie=movies[1])
    assert titles(member.get(reverse("recommendations:list")).content.decode()) == ["Amélie"]


def test_a_member_does_not_see_ratings_of_others(movies: list[Movie], member: Client) -> None:
    assert titles(member.get(reverse("movies:ratings")).content.decode()) == []


def test_a_cover_may_be_cached(movies: list[Movie]) -> None:
    response = Client().get(reverse("movies:cover", args=[movies[0].pk]))
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert "max-age" in response.headers["Cache-Control"]


def test_a_missing_page_links_to_the_home_page() -> None:
    response = Client().get("/nowhere/")
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert f'href="{reverse("home")}"' in response.content.decode()
