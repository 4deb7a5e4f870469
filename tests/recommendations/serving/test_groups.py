"""People who look for a movie to watch together."""

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
    user = User.objects.create_user(name)
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


def test_the_list_serves_both_tastes_and_holds_nothing_that_either_has_seen(
    world: World, version: ModelVersion, ada: User, bob: User
) -> None:
    services.hide(user=bob, movie=world.space[6])
    found = recommend_together([ada, bob], n=10)
    listed = {entry.movie.pk for entry in found.entries}
    assert found.personal
    assert len(listed) == 10
    assert not listed & {movie.pk for movie in (*world.space[:5], *world.romance[:5], world.space[6])}
    of_space = len(listed & {movie.pk for movie in world.space})
    assert 3 <= of_space <= 7


def test_each_entry_says_what_each_member_would_give(world: World, version: ModelVersion, ada: User, bob: User) -> None:
    newcomer = person("new")
    for entry in recommend_together([ada, bob, newcomer], n=5).entries:
        stars = dict(entry.by_member)
        assert list(stars) == [ada, bob, newcomer]
        assert 0.5 <= (stars[ada] or 0) <= 5
        assert (stars[ada] or 0) != (stars[bob] or 0)
        assert stars[newcomer] is None


def test_without_a_model_or_ratings_the_list_is_what_is_popular(world: World, ada: User) -> None:
    found = recommend_together([ada, person("new")], n=5)
    assert not found.personal
    assert len(found.entries) == 5
    assert not {entry.movie for entry in found.entries} & set(world.space[:5])


def test_a_group_is_joined_by_its_link_and_seen_by_members_only(
    world: World, version: ModelVersion, ada: User, bob: User
) -> None:
    adas, bobs = client_of(ada), client_of(bob)
    path = adas.post(reverse("recommendations:groups")).headers["Location"]
    assert bobs.get(path).status_code == HTTPStatus.NOT_FOUND
    page = adas.get(path).content.decode()
    link = re.search(r'value="http://testserver(/together/join/[^"]+)"', page)
    assert link
    asked = bobs.get(link[1]).content.decode()
    assert "<b>ada</b>" in asked
    assert WatchGroup.objects.get().members.count() == 1
    assert bobs.post(link[1], follow=True).redirect_chain == [(path, HTTPStatus.FOUND)]
    page = bobs.get(path).content.decode()
    assert re.search(r"<dt>ada</dt>\s*<dd>[0-5]\.\d</dd>", page)
    assert re.search(r"<dt>you</dt>\s*<dd>[0-5]\.\d</dd>", page)


def test_a_link_asks_strangers_to_sign_in_and_brings_them_back(ada: User) -> None:
    path = reverse("recommendations:join", args=[group_of(ada).invitation])
    assert Client().get(path).headers["Location"] == f"{reverse('account_login')}?next={path}"
    assert client_of(ada).get("/together/join/nonsense/").status_code == HTTPStatus.NOT_FOUND


def test_five_are_enough(ada: User) -> None:
    group = group_of(ada, *(person(f"friend{n}") for n in range(4)))
    late = person("late")
    page = client_of(late).post(reverse("recommendations:join", args=[group.invitation])).content.decode()
    assert "This group is full" in page
    assert group.members.count() == 5
    assert (
        "Invitation link" not in client_of(ada).get(reverse("recommendations:group", args=[group.pk])).content.decode()
    )


def test_joining_twice_is_joining_once(ada: User, bob: User) -> None:
    group = group_of(ada, bob)
    watch_groups.join_group(bob, group)
    assert group.members.count() == 2


def test_nobody_is_in_very_many_groups(ada: User) -> None:
    for _ in range(watch_groups.MOST_GROUPS):
        watch_groups.start_group(ada)
    assert "Leave one to start another" in client_of(ada).post(reverse("recommendations:groups")).content.decode()


def test_what_two_want_to_see_is_shown(world: World, ada: User, bob: User) -> None:
    for user in (ada, bob):
        services.watch(user=user, movie=world.space[9])
    services.watch(user=ada, movie=world.space[10])
    page = client_of(ada).get(reverse("recommendations:group", args=[group_of(ada, bob).pk])).content.decode()
    rail = page[page.index("On your watchlists") :]
    assert re.findall(r'<span class="title">(.*?)</span>', rail) == [world.space[9].title]


def test_whoever_leaves_sees_the_group_no_more(ada: User, bob: User) -> None:
    group = group_of(ada, bob)
    adas = client_of(ada)
    adas.post(reverse("recommendations:leave-group", args=[group.pk]))
    assert adas.get(reverse("recommendations:group", args=[group.pk])).status_code == HTTPStatus.NOT_FOUND
    assert list(group.members.all()) == [bob]
    watch_groups.leave_group(bob, group)
    assert not WatchGroup.objects.exists()


def test_a_group_goes_with_the_account_of_its_last_member(ada: User) -> None:
    group_of(ada)
    client_of(ada).post(reverse("movies:leave"), {"name": "ada"})
    assert not WatchGroup.objects.exists()
