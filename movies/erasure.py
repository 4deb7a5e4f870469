"""What the deletion of an account removes beyond the rows that refer to it."""

from typing import Any

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import user_pk_to_url_str
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.cached_db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone

from movies.models import User
from movies.sign_in import devices
from recsite.identifiers import normalised

ERASED = "deleted account"


def erase_traces(instance: User, **_: Any) -> None:
    """Remove the failed logins, sessions and names in the admin's log of an account that is being deleted.

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
    # Sessions do not name their account in a column. Expired ones serve nobody; the others are read.
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    for session in Session.objects.iterator(chunk_size=1000):
        content = session.get_decoded()
        # Between password and code, allauth remembers whose sign-in it is.
        waiting = content.get(LOGIN_SESSION_KEY, {}).get("user_pk") == user_pk_to_url_str(instance)
        if waiting or content.get(SESSION_KEY) == str(instance.pk):
            SessionStore(session.session_key).delete()
