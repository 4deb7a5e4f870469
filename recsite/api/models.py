"""Service tokens, and the request counts of the API's throttles.

The tables keep their names from the time when these models belonged to `recommendations`.
"""

from typing import ClassVar

from django.db import models

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
