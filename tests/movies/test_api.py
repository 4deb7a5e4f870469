"""The API of the catalogue and of a member's ratings and lists."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from model_bakery import baker
from rest_framework.test import APIClient

from benchmarks.support import worlds
from movies import services
from movies.models import Movie, MovieTag, Rating, Tag, User

pytestmark = [pytest.mark.django_db, pytest.mark.database]
V1 = "/api/v1/"


@pytest.fixture(autouse=True)
def fresh_throttles() -> None:
    cache.clear()


@pytest.fixture
def movies() -> list[Movie]:
    return worlds.three_movies(year_of_the_last=None)


@pytest.fixture
def member(ada: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(ada)
    return client


def get(path: str, client: APIClient | None = None) -> Any:
    response = (client or APIClient()).get(V1 + path)
    assert response.status_code == HTTPStatus.OK, response.content
    return response.json()


def titles(query: str) -> list[str]:
    return [movie["title"] for movie in get(f"movies/?{query}")["results"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Alien", "Airplane!", "Amélie"]),
        ("q=amelie", ["Amélie"]),
        ("genre=comedy", ["Airplane!", "Amélie"]),
        ("genre=comedy&genre=horror", []),
        ("year_from=1980&year_to=2000", ["Airplane!"]),
        ("min_ratings=1", ["Alien"]),
        ("tag=SPACESHIP", ["Alien"]),
        ("sort=newest", ["Airplane!", "Alien", "Amélie"]),
        ("sort=title", ["Airplane!", "Alien", "Amélie"]),
    ],
)
def test_movies_can_be_filtered_and_ordered(movies: list[Movie], ada: User, query: str, expected: list[str]) -> None:
    MovieTag.objects.create(user=ada, movie=movies[0], tag=Tag.objects.create(name="Spaceship"))
    assert titles(query) == expected


@pytest.mark.parametrize(
    ("query", "attr"),
    [("year_from=soon", "year_from"), ("sort=sideways", "sort"), ("page_size=0", "page_size"), ("q=%00", "q")],
)
def test_a_wrong_parameter_is_named(movies: list[Movie], query: str, attr: str) -> None:
    response = APIClient().get(f"{V1}movies/?{query}")
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response.json()["type"] == "validation_error"
    assert [error["attr"] for error in response.json()["errors"]] == [attr]


def test_an_unknown_genre_is_named(movies: list[Movie]) -> None:
    response = APIClient().get(f"{V1}movies/?genre=nonsense")
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert "'nonsense'" in response.json()["errors"][0]["detail"]


def test_a_movie_with_its_details(movies: list[Movie]) -> None:
    movie = get(f"movies/{movies[0].pk}/")
    assert movie["rating_mean"] == 4.5
    assert movie["histogram"] == [0, 0, 0, 0, 0, 0, 0, 1, 1, 1]
    assert movie["genres"] == [{"slug": "horror", "name": "Horror"}]


@pytest.mark.parametrize(
    "path", [f"movies/{10**30}/", "no%0Athing/", "movies/999999/", "movies/0/similar/", "nothing/", "movies/-1/"]
)
def test_an_unknown_url_is_a_standard_error(movies: list[Movie], path: str) -> None:
    response = APIClient().get(V1 + path)
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert response.json()["errors"][0]["code"] == "not_found"


@pytest.mark.parametrize("sort", ["popular", "rating", "newest", "oldest", "title"])
def test_pages_hold_every_movie_once_in_both_directions(sort: str) -> None:
    """Most rows tie with others or have no year, which breaks cursors over a single column."""
    for n in range(23):
        baker.make(Movie, title=f"Movie {n % 5}", year=[None, 1990, 1991][n % 3])
    whole = [movie["id"] for movie in get(f"movies/?sort={sort}&page_size=100")["results"]]
    pages, address = [], f"{V1}movies/?sort={sort}&page_size=4"
    while address:
        pages.append(APIClient().get(address).json())
        address = pages[-1]["next"]
    assert [movie["id"] for page in pages for movie in page["results"]] == whole
    assert len(set(whole)) == 23
    back = [pages[-1]]
    while back[-1]["previous"]:
        back.append(APIClient().get(back[-1]["previous"]).json())
    assert [page["results"] for page in reversed(back)] == [page["results"] for page in pages]


@pytest.mark.parametrize("cursor", ["x", "%00", "eyJ0", "..", "a:b:c"])
def test_a_forged_cursor_is_rejected(movies: list[Movie], cursor: str) -> None:
    response = APIClient().get(f"{V1}movies/?cursor={cursor}")
    assert response.status_code == HTTPStatus.NOT_FOUND


def test_a_cursor_of_another_order_is_rejected(movies: list[Movie]) -> None:
    address = get("movies/?page_size=1")["next"]
    assert APIClient().get(f"{address}&sort=title").status_code == HTTPStatus.NOT_FOUND


def test_genres_and_tags(movies: list[Movie]) -> None:
    for name in ("Space", "spaceship", "time travel"):
        Tag.objects.create(name=name)
    assert [genre["slug"] for genre in get("genres/")] == ["comedy", "horror"]
    assert [tag["name"] for tag in get("tags/?q=SPACE")["results"]] == ["Space", "spaceship"]


def test_a_rating_is_created_changed_and_deleted(movies: list[Movie], member: APIClient, ada: User) -> None:
    path = f"{V1}movies/{movies[0].pk}/rating/"
    assert member.get(path).status_code == HTTPStatus.NOT_FOUND
    assert member.put(path, {"stars": 4.5}).status_code == HTTPStatus.CREATED
    assert member.put(path, {"stars": 3}).status_code == HTTPStatus.OK
    assert member.get(path).json()["stars"] == 3.0
    assert Rating.objects.get(user=ada).half_stars == 6
    assert [rating["movie"]["title"] for rating in get("me/ratings/", member)["results"]] == ["Alien"]
    assert member.delete(path).status_code == HTTPStatus.NO_CONTENT
    assert member.delete(path).status_code == HTTPStatus.NOT_FOUND


def test_a_rating_is_created_by_post_too(movies: list[Movie], member: APIClient, ada: User) -> None:
    response = member.post(f"{V1}me/ratings/", {"movie": movies[1].pk, "stars": 0.5})
    assert response.status_code == HTTPStatus.CREATED
    assert Rating.objects.get(user=ada).half_stars == 1
    assert member.post(f"{V1}me/ratings/", {"movie": 999999, "stars": 1}).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("stars", ["0", "5.5", "4.25", "-1", '"4.5"', "null", "true", "[4]", "{}", "1e400", "NaN"])
def test_an_invalid_rating_is_rejected(movies: list[Movie], member: APIClient, stars: str) -> None:
    path = f"{V1}movies/{movies[0].pk}/rating/"
    response = member.put(path, f'{{"stars": {stars}}}', content_type="application/json")
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert not Rating.objects.filter(user__username="ada").exists()


def test_a_member_cannot_rate_for_another(movies: list[Movie], member: APIClient, ada: User) -> None:
    other = User.objects.get(username="person0")
    member.put(f"{V1}movies/{movies[1].pk}/rating/", {"stars": 1, "user": other.pk})
    assert [rating.user for rating in Rating.objects.filter(movie=movies[1])] == [ada]


@pytest.mark.parametrize("name", ["watchlist", "seen", "not-interested"])
def test_a_movie_is_added_to_a_list_and_removed(movies: list[Movie], member: APIClient, name: str) -> None:
    path = f"{V1}movies/{movies[0].pk}/{name}/"
    for _ in range(2):
        assert member.put(path).status_code == HTTPStatus.NO_CONTENT
    assert [kept["movie"]["title"] for kept in get(f"me/{name}/", member)["results"]] == ["Alien"]
    assert member.delete(path).status_code == HTTPStatus.NO_CONTENT
    assert get(f"me/{name}/", member)["results"] == []
    assert member.delete(path).status_code == HTTPStatus.NOT_FOUND


def test_ratings_are_imported_by_another_sites_ids(movies: list[Movie], member: APIClient, ada: User) -> None:
    for n, movie in enumerate(movies):
        Movie.objects.filter(pk=movie.pk).update(imdb_id=78748 + n)
    services.rate(user=ada, movie=movies[0], half_stars=2)
    rows = [
        {"movie": 78748, "stars": 5},
        {"movie": 78749, "stars": 1},
        {"movie": 78749, "stars": 4.5, "rated_at": "2020-02-02T20:02:00Z"},
        {"movie": 5, "stars": 3},
    ]
    response = member.post(f"{V1}me/ratings/import/", {"known_by": "imdb_id", "ratings": rows})
    assert response.json() == {"added": 1, "kept": 1, "unknown": [5]}
    kept = {rating.movie: rating for rating in Rating.objects.filter(user=ada)}
    assert (kept[movies[0]].half_stars, kept[movies[1]].half_stars) == (2, 9)
    assert kept[movies[1]].rated_at.year == 2020


@pytest.mark.parametrize("rated_at", ["2999-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_an_impossible_time_is_replaced_by_the_current_time(
    movies: list[Movie], member: APIClient, ada: User, rated_at: str
) -> None:
    rows = [{"movie": movies[0].pk, "stars": 5, "rated_at": rated_at}]
    assert member.post(f"{V1}me/ratings/import/", {"ratings": rows}).status_code == HTTPStatus.OK
    assert abs(Rating.objects.get(user=ada).rated_at - timezone.now()) < timedelta(minutes=1)


def test_a_body_that_is_too_large_is_a_standard_error(member: APIClient) -> None:
    response = member.post(f"{V1}me/ratings/import/", "[" * 3_000_000, content_type="application/json")
    assert response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert response.json()["errors"][0]["code"] == "too_large"


def test_the_tags_of_a_movie_are_ordered_by_use(movies: list[Movie], ada: User) -> None:
    tags = [Tag.objects.create(name=name) for name in ("space", "cat")]
    for person, tag in ((ada, tags[0]), (ada, tags[1]), (User.objects.get(username="person0"), tags[1])):
        MovieTag.objects.create(user=person, movie=movies[0], tag=tag)
    applied = get(f"movies/{movies[0].pk}/tags/")
    assert applied == [{"name": "cat", "people": 2}, {"name": "space", "people": 1}]


def test_the_number_of_queries_does_not_grow_with_the_list(
    movies: list[Movie], member: APIClient, django_assert_max_num_queries: Any
) -> None:
    for movie in movies:
        member.put(f"{V1}movies/{movie.pk}/rating/", {"stars": 4})
    for path in ("movies/", "me/ratings/"):
        with django_assert_max_num_queries(8):
            get(path, member)


def test_rated_and_hidden_movies_are_not_recommended(movies: list[Movie], member: APIClient, ada: User) -> None:
    services.rate(user=ada, movie=movies[0], half_stars=9)
    services.hide(user=ada, movie=movies[1])
    recommended = get("me/recommendations/?n=5", member)
    assert [entry["movie"]["title"] for entry in recommended["results"]] == ["Amélie"]
    assert (recommended["source"], recommended["version"]) == ("popular", None)
    assert get(f"me/recommendations/?exclude={movies[2].pk}", member)["results"] == []
    assert get("me/recommendations/?genre=horror", member)["results"] == []


def test_a_preview_stores_nothing(movies: list[Movie]) -> None:
    body = {"ratings": [{"movie": movies[0].pk, "stars": 5}], "n": 1, "genre": ["comedy"]}
    response = APIClient().post(f"{V1}recommendations/preview/", body)
    assert [entry["movie"]["title"] for entry in response.json()["results"]] == ["Airplane!"]
    assert Rating.objects.count() == 3


def test_a_token_authenticates_until_logout(ada: User) -> None:
    client = APIClient()
    login = client.post(f"{V1}auth/login/", {"username": "ada", "password": "lovelace-1815"})
    assert login.status_code == HTTPStatus.CREATED
    client.credentials(HTTP_AUTHORIZATION=f"Token {login.json()['token']}")
    assert get("me/", client)["username"] == "ada"
    assert client.post(f"{V1}auth/logout/").status_code == HTTPStatus.NO_CONTENT
    assert client.get(f"{V1}me/").status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"username": "nobody"}, {"username": "movielens-1"}])
def test_a_wrong_password_gets_no_token(ada: User, change: dict[str, str]) -> None:
    User.objects.create_user("movielens-1", password="lovelace-1815", movielens_id=1, is_active=False)
    body = {"username": "ada", "password": "lovelace-1815", **change}
    assert APIClient().post(f"{V1}auth/login/", body).status_code == HTTPStatus.UNAUTHORIZED


def test_password_guesses_are_throttled(ada: User) -> None:
    responses = [
        APIClient().post(f"{V1}auth/login/", {"username": "Ada", "password": str(n)}, REMOTE_ADDR=f"10.0.0.{n}")
        for n in range(11)
    ]
    assert responses[-1].status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert int(responses[-1].headers["Retry-After"]) > 0


def test_a_session_needs_a_csrf_token_to_write(movies: list[Movie], ada: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(ada)
    assert client.get(f"{V1}me/").status_code == HTTPStatus.OK
    assert client.put(f"{V1}movies/{movies[0].pk}/watchlist/").status_code == HTTPStatus.FORBIDDEN


def test_a_visitor_is_asked_to_sign_in(movies: list[Movie]) -> None:
    response = APIClient().get(f"{V1}me/ratings/")
    assert response.status_code == HTTPStatus.UNAUTHORIZED
    assert response.headers["WWW-Authenticate"] == "Token"
