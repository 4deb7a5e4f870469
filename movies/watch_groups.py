"""Services and queries of watch groups."""

import secrets
from collections.abc import Sequence

from django.db import transaction

from movies.models import User, WatchGroup, WatchGroupMember

MOST_GROUPS = 20
"""Maximum number of groups per user."""


class GroupFullError(Exception):
    """The group has its maximum number of members, or the user the maximum number of groups."""


def start_group(user: User) -> WatchGroup:
    """Create a group whose only member is the user, who may invite others.

    Raises `GroupFullError` if the user is in too many groups already.
    """
    with transaction.atomic():
        _require_fewer_groups(user, "start")
        group = WatchGroup.objects.create()
        WatchGroupMember.objects.create(group=group, user=user)
    return group


def join_group(user: User, group: WatchGroup) -> None:
    """Add a user to a group; adding a member is a no-op.

    Raises `GroupFullError` if the group is full or the user is in too many groups already.
    """
    with transaction.atomic():
        members = set(WatchGroup.objects.select_for_update().get(pk=group.pk).members.values_list("pk", flat=True))
        if user.pk in members:
            return
        if len(members) >= WatchGroup.MOST_MEMBERS:
            raise GroupFullError(f"This group is full: it has {WatchGroup.MOST_MEMBERS} members.")
        _require_fewer_groups(user, "join")
        WatchGroupMember.objects.create(group=group, user=user)


def renew_invitation(group: WatchGroup) -> None:
    """Give a group a new invitation link; the earlier one no longer works."""
    group.invitation = secrets.token_urlsafe()
    group.save(update_fields=["invitation"])


def revoke_invitation(group: WatchGroup) -> None:
    """Take a group's invitation link back; no one can join until a member creates another."""
    group.invitation = None
    group.save(update_fields=["invitation"])


def _require_fewer_groups(user: User, purpose: str) -> None:
    """Raise `GroupFullError` at the maximum; the lock on the user keeps simultaneous requests from passing together."""
    User.objects.select_for_update().only("pk").get(pk=user.pk)
    if WatchGroupMember.objects.filter(user=user).count() >= MOST_GROUPS:
        raise GroupFullError(f"You're in {MOST_GROUPS} groups already. Leave one to {purpose} another.")


def leave_group(user: User, group: WatchGroup) -> None:
    """Remove a user from a group; a group without members is deleted."""
    with transaction.atomic():
        WatchGroupMember.objects.filter(group=group, user=user).delete()
        WatchGroup.objects.filter(pk=group.pk, members=None).delete()


def leave_all_groups(user: User) -> None:
    for group in groups_of(user):
        leave_group(user, group)


def groups_of(user: User) -> list[WatchGroup]:
    """Return the user's groups, newest first, with their members prefetched."""
    return list(WatchGroup.objects.filter(members=user).prefetch_related("members"))


def members_of(group: WatchGroup) -> Sequence[User]:
    """Return the members of a group in the order in which they joined."""
    return list(User.objects.filter(watchgroupmember__group=group).order_by("watchgroupmember__pk"))
