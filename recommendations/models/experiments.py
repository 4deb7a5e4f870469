"""Models for A/B experiments and for events, which are impressions and clicks."""

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from movies.models import Movie
from recsite.database.unix_time import UnixTimeField

SETTINGS = {"popularity": (-1.0, 1.0), "recency": (-1.0, 1.0), "diversity": (0.0, 1.0)}
"""The fields of `filters.Steering` that an arm may set, and their ranges."""


class Place(models.TextChoices):
    """Where a movie was shown."""

    HOME = "home"
    LIST = "list"
    SIMILAR = "similar"
    START = "start"
    API = "api", "API"


class Experiment(models.Model):
    """Users are permanently assigned to arms, and what they click and rate is compared."""

    name = models.CharField(max_length=100, unique=True)
    question = models.TextField(blank=True, help_text="The question that the experiment should answer.")
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(started_at__isnull=False, ended_at__isnull=True),
                name="one_running_experiment",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_running(self) -> bool:
        return self.started_at is not None and self.ended_at is None


def check_settings(value: object) -> None:
    """Raise ValidationError unless all settings are known and within their ranges."""
    if not isinstance(value, dict) or value.keys() - SETTINGS.keys():
        raise ValidationError(f"Unknown setting. Choose from {', '.join(SETTINGS)}.")
    for name, number in value.items():
        low, high = SETTINGS[name]
        if isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high:
            raise ValidationError(f"{name} must be a number from {low:g} to {high:g}.")


class Arm(models.Model):
    """One arm of an experiment: its users get a version, settings or, with neither, the default."""

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="arms")
    name = models.CharField(max_length=40)
    weight = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="The arm's share of users, relative to the other arms.",
    )
    version = models.ForeignKey(
        "recommendations.ModelVersion", models.SET_NULL, null=True, blank=True, related_name="arms"
    )
    settings = models.JSONField(
        default=dict,
        blank=True,
        validators=[check_settings],
        help_text='Steering of the lists, for example {"diversity": 0.3}.',
    )

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["experiment", "name"], name="one_arm_of_a_name_in_an_experiment"),
        ]

    def __str__(self) -> str:
        return f"{self.experiment}: {self.name}"


class Event(models.Model):
    """A movie that a user was shown in a list, or clicked there.

    Rows are written in batches and kept for `EVENTS_KEPT_DAYS`. Movies, versions and arms may be deleted before their
    events, so only `user` has a foreign key constraint: a user's events are deleted with the account.
    """

    class Kind(models.IntegerChoices):
        IMPRESSION = 1
        CLICK = 2

    kind = models.PositiveSmallIntegerField(choices=Kind)
    at = UnixTimeField(default=timezone.now)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="events", db_index=False)
    movie = models.ForeignKey(Movie, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    version = models.ForeignKey(
        "recommendations.ModelVersion", models.DO_NOTHING, null=True, related_name="+", db_index=False,
        db_constraint=False,
    )  # fmt: skip
    arm = models.ForeignKey(Arm, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False)
    place = models.CharField(max_length=10, choices=Place)
    source = models.CharField(
        max_length=10, help_text="Source of the list: `trained`, `folded_in`, `popular` or `similar`."
    )
    position = models.PositiveSmallIntegerField(help_text="Position in the list, from 1.")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["at"], name="event_by_time"),
            models.Index(fields=["user", "movie"], name="event_by_user_and_movie"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.movie_id} in {self.place}"
