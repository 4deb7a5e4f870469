"""Service tokens, sessions with their accounts, and the request counts of the API's throttles.

The tables of tokens and counts keep their names from the time when these models belonged to `recommendations`.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.module_loading import import_string

from recsite.database.unix_time import UnixTimeField


class ServiceToken(models.Model):
    """A token for another system, limited to its scopes."""

    class Scope(models.TextChoices):
        RECOMMENDATIONS = "recommendations", "read any user's recommendations"
        EVENTS = "events", "record impressions and clicks"
        MODELS = "models", "read model versions and training runs"
        OPERATE = "operate", "retrain, activate and roll back"

    token = models.OneToOneField("knox.AuthToken", models.CASCADE, related_name="service", editable=False)
    name = models.CharField(max_length=100, unique=True)
    scopes = models.JSONField(default=list)

    class Meta:
        db_table = "recommendations_servicetoken"
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class TokenUse(models.Model):
    """The last use of a token, to within some minutes."""

    token = models.OneToOneField("knox.AuthToken", models.CASCADE, primary_key=True, related_name="use")
    used_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.used_at)


class RequestCount(models.Model):
    """The requests of one throttle key in one time window, used when there is no Redis to count them."""

    key = models.CharField(max_length=300, primary_key=True)
    requests = models.PositiveIntegerField()
    expires_at = UnixTimeField(db_index=True)

    class Meta:
        db_table = "recommendations_requestcount"

    def __str__(self) -> str:
        return f"{self.key}: {self.requests}"


class AccountSession(AbstractBaseSession):
    """A session in Django's own table, with a column for the account; `recsite.database.sessions` writes it."""

    account = models.BigIntegerField(null=True)
    """The user's id, 0 for a visitor, or none if a process of release 0.1 wrote the session."""

    class Meta:
        managed = False
        db_table = "django_session"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
        return store
