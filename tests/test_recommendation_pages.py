"""What members see of their recommendations, and how they steer them, without JavaScript."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from movies import services
from movies.models import User
from recommendations.models import ModelVersion
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def ada(world: World, version: ModelVersion) -> User:
    """Ada likes space."""
    user = User.objects.create_user("ada", password="lovelace-1815")
    for movie in world.space[:5]:
        services.rate(user=user, movie=movie, half_stars=10)
    return user


@pytest.fixture
def member(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def page_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == HTTPStatus.OK
    return response.content.decode()


def titles(page: str) -> list[str]:
    return re.findall(r'<span class="title">(.*?)</span>', page)


def listed(client: Client, query: str = "") -> list[str]:
    return titles(page_of(client, f"{reverse('recommendations:list')}?{query}"))


def test_the_list_is_made_for_its_reader_and_says_why(member: Client, world: World) -> None:
    page = page_of(member, reverse("recommendations:list"))
    assert set(titles(page)[:10]) <= {movie.title for movie in world.space}
    assert "because of" in page
    assert "for you <b>" in page


@pytest.mark.parametrize(
    "query", ["popularity=-1", "popularity=1", "recency=-1", "recency=1", "diversity=1", "more=romance", "less=space"]
)
def test_each_control_changes_the_list_and_keeps_its_place(member: Client, query: str) -> None:
    assert listed(member, query) != listed(member)
    page = page_of(member, f"{reverse('recommendations:list')}?{query}")
    name, value = query.split("=")
    control = next(tag for tag in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in tag and value in tag)
    assert "checked" in control or f'value="{value}"' in control


def test_newer_leads_to_newer_movies(member: Client, world: World) -> None:
    years = {movie.title: movie.year or 0 for movie in world.space + world.romance}
    newest, oldest = (years[listed(member, f"recency={lean}&genre=space")[0]] for lean in (1, -1))
    assert newest > oldest


def test_what_is_not_valid_in_an_address_changes_nothing(member: Client) -> None:
    assert listed(member, "popularity=7&recency=nan&diversity=-1&more=nonsense&genre=x&n=y") == listed(member)


def test_whoever_does_not_want_to_know_predicted_stars_does_not_see_them(member: Client, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(shows_predictions=False)
    assert "for you <b>" not in page_of(member, reverse("recommendations:list"))
