"""What the deletion of an account removes beyond the rows that refer to it."""

from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from movies.models import User
from movies.sign_in import devices
from movies.transfer import preview
from recsite.database.sessions import delete_sessions_of
from recsite.identifiers import normalised

ERASED = "deleted account"


def erase_traces(instance: User, **_: Any) -> None:
    """Remove the failed logins, sessions, names in the admin's log and uploads of an account that is being deleted.

    MovieLens users have none: they cannot log in.
    """
    if instance.movielens_id is not None:
        return
    names = {name for text in (instance.username, instance.email) if text for name in (text, normalised(text)[:255])}
    tried = Q(username__in=names)
    for name in names:
        tried |= Q(username__startswith=devices.counted_on(name, ""))
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        model.objects.filter(tried).delete()
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=kind, object_id=str(instance.pk)).update(object_repr=ERASED, change_message="")
    delete_sessions_of(instance.pk)
    preview.forget(instance)
