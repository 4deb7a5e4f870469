"""Tokens of services, and the counts of the API's throttles.

The tables keep the names that they had when these models belonged to `recommendations`.
"""

from typing import ClassVar

from django.db import models

from recsite.database.unix_time import UnixTimeField


class ServiceToken(models.Model):
    """A token of another system, which may do what its scopes say and nothing else."""

    class Scope(models.TextChoices):
        RECOMMENDATIONS = "recommendations", "read anybody's recommendations"
        EVENTS = "events", "record what people were shown and chose"
        MODELS = "models", "read versions and runs"
        OPERATE = "operate", "retrain, activate, roll back"

    token = models.OneToOneField("knox.AuthToken", models.CASCADE, related_name="service", editable=False)
    name = models.CharField(max_length=100, unique=True)
    scopes = models.JSONField(default=list)

    class Meta:
        db_table = "recommendations_servicetoken"
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class RequestCount(models.Model):
    """What the API's throttles have counted in a window of time, where there is no Redis to count it."""

    key = models.CharField(max_length=300, primary_key=True)
    requests = models.PositiveIntegerField()
    expires_at = UnixTimeField(db_index=True)

    class Meta:
        db_table = "recommendations_requestcount"

    def __str__(self) -> str:
        return f"{self.key}: {self.requests}"
