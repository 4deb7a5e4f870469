"""Records of who looked at whose recommendations through the API."""

import logging
from collections.abc import Sequence

from django.contrib.admin.models import CHANGE, LogEntry

from movies.models import User

logger = logging.getLogger("recsite.audit")

MESSAGE = "Viewed the user's recommendations through the API."


def lists_seen(viewer: User, users: Sequence[int], *, service: str = "") -> None:
    """Record that staff, or a service, got the lists of users with these ids.

    Every look is a line in the log. Staff also leave an entry in each user's history in the admin, as on its page; a
    service, which asks thousands of times a minute, does not.
    """
    by = {"service": service} if service else {"staff": viewer.pk}
    logger.info("recommendations seen", extra={"fields": {**by, "users": list(users)}})
    if not service:
        LogEntry.objects.log_actions(viewer.pk, User.objects.filter(pk__in=users), CHANGE, change_message=MESSAGE)
