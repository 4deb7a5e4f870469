"""Pages with recommendations, and how members steer them, without JavaScript."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from benchmarks.support.worlds import World
from movies import services
from movies.models import Movie, MovieTag, Tag, User
from recommendations.models import ModelVersion
from recommendations.serving import active
from recommendations.serving.predictions import stars_without

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def ada(world: World, version: ModelVersion) -> User:
    """Ada likes space."""
    user = User.objects.create_user("ada", password="lovelace-1815")
    for movie in world.space[:5]:
        services.rate(user=user, movie=movie, half_stars=10)
    return user


def page_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == HTTPStatus.OK
    return response.content.decode()


def titles(page: str) -> list[str]:
    return re.findall(r'<span class="title">(.*?)</span>', page)


def listed(client: Client, query: str = "") -> list[str]:
    return titles(page_of(client, f"{reverse('recommendations:list')}?{query}"))


def test_the_list_is_personal_and_explained(member: Client, world: World) -> None:
    page = page_of(member, reverse("recommendations:list"))
    assert set(titles(page)[:10]) <= {movie.title for movie in world.space}
    assert "because you rated" in page
    assert "for you <b>" in page


@pytest.mark.parametrize(
    "query", ["popularity=-1", "popularity=1", "recency=-1", "recency=1", "diversity=1", "more=romance", "less=space"]
)
def test_each_control_changes_the_list_and_keeps_its_value(member: Client, query: str) -> None:
    assert listed(member, query) != listed(member)
    page = page_of(member, f"{reverse('recommendations:list')}?{query}")
    name, value = query.split("=")
    control = next(tag for tag in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in tag and value in tag)
    assert "checked" in control or f'value="{value}"' in control


def test_tags_steer_the_list(member: Client, tagged: list[Movie]) -> None:
    robots = {movie.title for movie in tagged}
    more, plain, less = (
        sum(place for place, title in enumerate(listed(member, f"n=40{query}")) if title in robots)
        for query in ("&more_tag=robots", "", "&less_tag=robots")
    )
    assert more < plain < less
    page = page_of(
        member, f"{reverse('recommendations:list')}?more_tag=robots&more_tag=+&less_tag=nonsense%00&less_tag=nonsense"
    )
    assert '<input type="checkbox" name="more_tag" value="Robots" checked>' in page
    assert page.count("No movie is tagged “nonsense”.") == 1


def test_leaning_to_newer_gives_newer_movies(member: Client, world: World) -> None:
    years = {movie.title: movie.year or 0 for movie in world.space + world.romance}
    newest, oldest = (sum(years[title] for title in listed(member, f"recency={lean}")[:4]) for lean in (1, -1))
    assert newest > oldest


def test_invalid_query_parameters_are_ignored(member: Client) -> None:
    assert listed(member, "popularity=7&recency=nan&diversity=-1&more=nonsense&genre=x&n=y") == listed(member)


def test_a_member_can_hide_predicted_stars(member: Client, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(shows_predictions=False)
    assert "for you <b>" not in page_of(member, reverse("recommendations:list"))


def test_a_movies_page_shows_predicted_stars_and_reasons(member: Client, world: World) -> None:
    page = page_of(member, world.space[8].get_absolute_url())
    other = page_of(member, world.romance[8].get_absolute_url())
    expected, less = (
        float(re.findall(r"We think you’ll give it <b>(\d\.\d)</b> stars", text)[0]) for text in (page, other)
    )
    assert expected > less
    assert f'rated <a href="{world.space[0].get_absolute_url()[:8]}' in " ".join(page.split())
    assert re.search(
        r"We thought you’d give it <b>[1-5]\.\d</b> stars", page_of(member, world.space[0].get_absolute_url())
    )


def test_a_member_can_see_predictions_only_after_rating(member: Client, ada: User, world: World) -> None:
    User.objects.filter(pk=ada.pk).update(shows_predictions=False)
    unrated, rated = (page_of(member, world.space[n].get_absolute_url()) for n in (8, 0))
    assert "We think you’ll give" not in unrated
    assert "our prediction once you’ve rated it" in unrated
    assert "We thought you’d give" in rated


def test_the_prediction_of_a_rated_movie_ignores_its_rating(ada: User, world: World) -> None:
    before = stars_without(ada, world.space[0])
    services.rate(user=ada, movie=world.space[0], half_stars=1)
    assert stars_without(ada, world.space[0]) == before


def test_similar_movies_are_tuned_by_the_query_string(member: Client, ada: User, world: World) -> None:
    tag = Tag.objects.create(name="Robots")
    for movie in world.space[-6:]:
        MovieTag.objects.create(user=ada, movie=movie, tag=tag)
    path = reverse("recommendations:similar", args=[world.space[0].pk])
    robots = {movie.title for movie in world.space[-6:]}
    plain, tuned = (len(robots & set(titles(page_of(member, path + query))[:6])) for query in ("", "?more=tag:robots"))
    assert tuned > plain
    assert "?more=tag%3Arobots&amp;less=genre%3Aspace" in page_of(member, f"{path}?more=tag:robots")
    assert titles(page_of(member, f"{path}?more=nonsense")) == titles(page_of(member, path))


def test_similar_movies_are_shown_without_a_model(world: World) -> None:
    assert titles(page_of(Client(), reverse("recommendations:similar", args=[world.space[0].pk])))


def test_the_home_page_has_personal_rails(member: Client, world: World) -> None:
    page = page_of(member, reverse("home"))
    for rail in ("For you", "Popular now", "Continue rating"):
        assert f"<h2>{rail}</h2>" in page
    rated = [movie.title for movie in world.space[:5]]
    picks = titles(page[page.index("<h2>For you</h2>") : page.index("Continue rating")])
    assert picks
    assert not set(picks) & set(rated)


def test_until_a_model_is_trained_the_pages_say_so(member: Client, ada: User) -> None:
    ModelVersion.objects.update(is_active=False)
    active.forget()
    for name in ("home", "recommendations:list"):
        page = page_of(member, reverse(name))
        assert "still learning" in page
        assert titles(page)
