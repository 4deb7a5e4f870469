"""Invitation links of watch groups can be replaced and revoked by members, and by no one else."""

from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from movies import watch_groups
from movies.models import User, WatchGroup

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def group(ada: User) -> WatchGroup:
    return watch_groups.start_group(ada)


@pytest.fixture
def stranger(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("stranger"))
    return client


def change(client: Client, group: WatchGroup, action: str) -> HTTPStatus:
    response = client.post(reverse("recommendations:invitation", args=[group.pk]), {"action": action})
    return HTTPStatus(response.status_code)


def join(client: Client, invitation: str | None) -> HTTPStatus:
    return HTTPStatus(client.post(f"/together/join/{invitation}/").status_code)


def test_a_replaced_link_no_longer_works(member: Client, stranger: Client, group: WatchGroup) -> None:
    old = group.invitation
    assert change(member, group, "renew") == HTTPStatus.FOUND
    group.refresh_from_db()
    assert join(stranger, old) == HTTPStatus.NOT_FOUND
    assert f"/together/join/{group.invitation}/" in member.get(f"/together/{group.pk}/").content.decode()
    assert join(stranger, group.invitation) == HTTPStatus.FOUND
    assert group.members.count() == 2


def test_a_revoked_link_works_for_no_one_until_another_is_created(
    member: Client, stranger: Client, group: WatchGroup
) -> None:
    assert change(member, group, "revoke") == HTTPStatus.FOUND
    for invitation in (group.invitation, "None", "null"):
        assert join(stranger, invitation) == HTTPStatus.NOT_FOUND
    page = member.get(f"/together/{group.pk}/").content.decode()
    assert "There is no invitation link" in page
    assert "Create a link" in page
    change(member, group, "renew")
    group.refresh_from_db()
    assert join(stranger, group.invitation) == HTTPStatus.FOUND


@pytest.mark.parametrize("action", ["renew", "revoke"])
def test_only_members_change_the_link(stranger: Client, group: WatchGroup, action: str) -> None:
    assert change(stranger, group, action) == HTTPStatus.NOT_FOUND
    assert change(Client(), group, action) == HTTPStatus.FOUND
    assert stranger.get(reverse("recommendations:invitation", args=[group.pk])).status_code == (
        HTTPStatus.METHOD_NOT_ALLOWED
    )
    invitation = group.invitation
    group.refresh_from_db()
    assert group.invitation == invitation
