"""Forms, bodies and lists have a largest size, and long lists have pages."""

import json
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from movies.models import HiddenMovie, Movie, User, WatchlistItem
from movies.services import rate
from movies.views.shelves import MOST_HIDDEN, PER_PAGE
from recsite.api.fields import ManyField
from recsite.api.parsing import MOST_BYTES, MOST_CONTAINERS
from recsite.operations.unreadable import LARGEST_FORM

pytestmark = [pytest.mark.django_db, pytest.mark.database]
PREVIEW = "/api/v1/recommendations/preview/"


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_reset_password"])
def test_a_large_form_is_refused_before_its_page_repeats_it(client: Client, name: str) -> None:
    response = client.post(reverse(name), {"login": "x" * LARGEST_FORM})
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert len(response.content) < LARGEST_FORM


def test_a_large_import_is_read(member: Client) -> None:
    response = member.post(reverse("movies:save-import"), {"token": "x" * LARGEST_FORM})
    assert response.status_code == HTTPStatus.FOUND


@pytest.mark.parametrize("body", ['{"pad": "' + "x" * MOST_BYTES + '"}', "[" + "[]," * MOST_CONTAINERS + "[]]"])
def test_a_large_body_of_json_is_refused(client: Client, body: str) -> None:
    response = client.post(PREVIEW, body, content_type="application/json")
    assert response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert response.json()["errors"][0]["code"] == "too_large"


def test_an_error_names_a_limited_number_of_elements(client: Client) -> None:
    body = json.dumps({"ratings": [{"movie": "x", "stars": 7}] * 1_000})
    errors = client.post(PREVIEW, body, content_type="application/json").json()["errors"]
    assert len(errors) == 2 * ManyField.MOST_ERRORS


def test_a_batch_has_a_limited_number_of_movies(client: Client) -> None:
    client.force_login(User.objects.create_superuser("boss"))
    body = json.dumps({"users": list(range(1, 1_001)), "n": 21})
    response = client.post("/api/v1/recommendations/batch/", body, content_type="application/json")
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert "at most 20,000 movies" in response.json()["errors"][0]["detail"]


def test_the_watchlist_has_pages(member: Client, ada: User) -> None:
    movies = [Movie.objects.create(title=f"Movie {n}") for n in range(MOST_HIDDEN + 5)]
    for movie in movies:
        WatchlistItem.objects.create(user=ada, movie=movie)
        HiddenMovie.objects.create(user=ada, movie=movie)
    rate(user=ada, movie=movies[0], half_stars=9)
    first = member.get(reverse("movies:watchlist"))
    assert len(first.context["to_see"]) == PER_PAGE
    assert [card.movie for card in first.context["rated"]] == movies[:1]
    assert len(first.context["hidden"]) == MOST_HIDDEN
    assert "5 more are hidden too" in first.content.decode()
    assert f"{len(movies) - 1} to see" in first.content.decode()
    shown = [card.movie for n in range(1, 6) for card in member.get(f"/watchlist/?page={n}").context["to_see"]]
    assert set(shown) == set(movies[1:])
