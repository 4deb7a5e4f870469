"""Groups that watch movies together."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from benchmarks.support.worlds import World
from movies import services, watch_groups
from movies.models import User, WatchGroup
from recommendations.models import ModelVersion
from recommendations.serving.groups import recommend_together

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def person(name: str, *liked: object) -> User:
    user = User.objects.create_user(name, password="lovelace-1815")
    for movie in liked:
        services.rate(user=user, movie=movie, half_stars=10)  # type: ignore[arg-type]
    return user


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ada(world: World) -> User:
    return person("ada", *world.space[:5])


@pytest.fixture
def bob(world: World) -> User:
    return person("bob", *world.romance[:5])


def group_of(*users: User) -> WatchGroup:
    group = watch_groups.start_group(users[0])
    for user in users[1:]:
        watch_groups.join_group(user, group)
    return group


def test_the_list_serves_both_tastes_without_movies_that_either_rated_or_hid(
    world: World, version: ModelVersion, ada: User, bob: User
) -> None:
    services.hide(user=bob, movie=world.space[6])
    shared = recommend_together([ada, bob], n=10)
    listed = {entry.movie.pk for entry in shared.entries}
    assert shared.personal
    assert len(listed) == 10
    assert not listed & {movie.pk for movie in (*world.space[:5], *world.romance[:5], world.space[6])}
    of_space = len(listed & {movie.pk for movie in world.space})
    assert 3 <= of_space <= 7


def test_each_entry_has_each_members_predicted_stars(world: World, version: ModelVersion, ada: User, bob: User) -> None:
    newcomer = person("new")
    for entry in recommend_together([ada, bob, newcomer], n=5).entries:
        stars = dict(entry.by_member)
        assert list(stars) == [ada, bob, newcomer]
        assert 0.5 <= (stars[ada] or 0) <= 5
        assert (stars[ada] or 0) != (stars[bob] or 0)
        assert stars[newcomer] is None


def test_without_a_model_or_ratings_the_list_is_popular_movies(world: World, ada: User) -> None:
    shared = recommend_together([ada, person("new")], n=5)
    assert not shared.personal
    assert len(shared.entries) == 5
    assert not {entry.movie for entry in shared.entries} & set(world.space[:5])


def test_a_group_is_joined_by_its_link_and_seen_by_members_only(
    world: World, version: ModelVersion, ada: User, bob: User
) -> None:
    adas, bobs = client_of(ada), client_of(bob)
    path = adas.post(reverse("recommendations:groups")).headers["Location"]
    assert bobs.get(path).status_code == HTTPStatus.NOT_FOUND
    page = adas.get(path).content.decode()
    link = re.search(r'value="http://testserver(/together/join/[^"]+)"', page)
    assert link
    invitation = bobs.get(link[1]).content.decode()
    assert "<b>ada</b>" in invitation
    assert WatchGroup.objects.get().members.count() == 1
    assert bobs.post(link[1], follow=True).redirect_chain == [(path, HTTPStatus.FOUND)]
    page = bobs.get(path).content.decode()
    assert re.search(r"<dt>ada</dt>\s*<dd>[0-5]\.\d</dd>", page)
    assert re.search(r"<dt>you</dt>\s*<dd>[0-5]\.\d</dd>", page)


def test_an_invitation_asks_visitors_to_sign_in_first(ada: User) -> None:
    path = reverse("recommendations:join", args=[group_of(ada).invitation])
    assert Client().get(path).headers["Location"] == f"{reverse('account_login')}?next={path}"
    assert client_of(ada).get("/together/join/nonsense/").status_code == HTTPStatus.NOT_FOUND


def test_a_group_has_at_most_five_members(ada: User) -> None:
    group = group_of(ada, *(person(f"friend{n}") for n in range(4)))
    late = person("late")
    page = client_of(late).post(reverse("recommendations:join", args=[group.invitation])).content.decode()
    assert "This group is full" in page
    assert group.members.count() == 5
    assert (
        "Invitation link" not in client_of(ada).get(reverse("recommendations:group", args=[group.pk])).content.decode()
    )


def test_joining_twice_is_a_no_op(ada: User, bob: User) -> None:
    group = group_of(ada, bob)
    watch_groups.join_group(bob, group)
    assert group.members.count() == 2


def test_the_number_of_a_members_groups_is_limited(ada: User) -> None:
    for _ in range(watch_groups.MOST_GROUPS):
        watch_groups.start_group(ada)
    assert "Leave one to start another" in client_of(ada).post(reverse("recommendations:groups")).content.decode()


def test_movies_on_two_watchlists_are_shown(world: World, ada: User, bob: User) -> None:
    for user in (ada, bob):
        services.watch(user=user, movie=world.space[9])
    services.watch(user=ada, movie=world.space[10])
    page = client_of(ada).get(reverse("recommendations:group", args=[group_of(ada, bob).pk])).content.decode()
    rail = page[page.index("On your watchlists") :]
    assert re.findall(r'<span class="title">(.*?)</span>', rail) == [world.space[9].title]


def test_a_member_who_left_cannot_see_the_group(ada: User, bob: User) -> None:
    group = group_of(ada, bob)
    adas = client_of(ada)
    adas.post(reverse("recommendations:leave-group", args=[group.pk]))
    assert adas.get(reverse("recommendations:group", args=[group.pk])).status_code == HTTPStatus.NOT_FOUND
    assert list(group.members.all()) == [bob]
    watch_groups.leave_group(bob, group)
    assert not WatchGroup.objects.exists()


def test_a_group_is_deleted_with_its_last_members_account(ada: User) -> None:
    group_of(ada)
    client_of(ada).post(reverse("movies:leave"), {"name": "ada", "password": "lovelace-1815"})
    assert not WatchGroup.objects.exists()
