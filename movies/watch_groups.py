"""Groups of people who want to watch something together."""

from collections.abc import Sequence

from django.db import transaction

from movies.models import User, WatchGroup, WatchGroupMember

MOST_GROUPS = 20
"""Somebody is in so many groups at most."""


class GroupFullError(Exception):
    """The group has as many members as it may have, or the member as many groups."""


def start_group(user: User) -> WatchGroup:
    """Make a group of one, who may invite others.

    Raises `GroupFullError` when the user is in too many groups already.
    """
    if WatchGroupMember.objects.filter(user=user).count() >= MOST_GROUPS:
        raise GroupFullError(f"You are in {MOST_GROUPS} groups. Leave one before you start another.")
    with transaction.atomic():
        group = WatchGroup.objects.create()
        WatchGroupMember.objects.create(group=group, user=user)
    return group


def join_group(user: User, group: WatchGroup) -> None:
    """Take somebody into a group; nothing changes for a member.

    Raises `GroupFullError` when there is no room.
    """
    with transaction.atomic():
        members = set(WatchGroup.objects.select_for_update().get(pk=group.pk).members.values_list("pk", flat=True))
        if user.pk in members:
            return
        if len(members) >= WatchGroup.MOST_MEMBERS:
            raise GroupFullError(f"This group has {WatchGroup.MOST_MEMBERS} members, and no room for more.")
        if WatchGroupMember.objects.filter(user=user).count() >= MOST_GROUPS:
            raise GroupFullError(f"You are in {MOST_GROUPS} groups. Leave one before you join another.")
        WatchGroupMember.objects.create(group=group, user=user)


def leave_group(user: User, group: WatchGroup) -> None:
    """Take somebody out of a group; without members a group is gone."""
    with transaction.atomic():
        WatchGroupMember.objects.filter(group=group, user=user).delete()
        WatchGroup.objects.filter(pk=group.pk, members=None).delete()


def leave_all_groups(user: User) -> None:
    for group in groups_of(user):
        leave_group(user, group)


def groups_of(user: User) -> list[WatchGroup]:
    """The groups that somebody is in, the newest first, with their members at hand."""
    return list(WatchGroup.objects.filter(members=user).prefetch_related("members"))


def members_of(group: WatchGroup) -> Sequence[User]:
    """In the order in which they joined."""
    return list(User.objects.filter(watchgroupmember__group=group).order_by("watchgroupmember__pk"))
