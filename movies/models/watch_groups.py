"""Watch groups: members who choose a movie to watch together."""

import secrets
from typing import ClassVar

from django.db import models
from django.utils import timezone

from movies.models.people import User


class WatchGroup(models.Model):
    """Up to five members who choose a movie together; anyone with the invitation link may join.

    `invitation` is null while there is no link.
    """

    MOST_MEMBERS = 5

    id = models.AutoField(primary_key=True)
    invitation = models.CharField(max_length=43, unique=True, null=True, default=secrets.token_urlsafe, editable=False)
    members = models.ManyToManyField(User, through="WatchGroupMember", related_name="watch_groups")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"group {self.pk}"


class WatchGroupMember(models.Model):
    joined_at = models.DateTimeField(default=timezone.now)
    group = models.ForeignKey(WatchGroup, models.CASCADE, db_index=False)
    user = models.ForeignKey(User, models.CASCADE)

    class Meta:
        ordering: ClassVar = ["joined_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "user"], name="once_in_a_watch_group"),
        ]

    def __str__(self) -> str:
        return str(self.user)
