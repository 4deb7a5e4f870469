"""Visitors with accounts, and the people of MovieLens' files."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

MOVIELENS_USERNAME = "movielens-"
"""What the names of the people from MovieLens' files begin with; nobody else's name may."""


class User(AbstractUser):
    """Somebody who rates movies: a visitor with an account, or a person of MovieLens' files.

    The latter can be recommended to and looked at by staff, but nobody can log in as one.
    """

    id = models.AutoField(primary_key=True)
    movielens_id = models.PositiveIntegerField("MovieLens id", unique=True, null=True, blank=True)
    shows_predictions = models.BooleanField(
        default=True, help_text="Show predicted stars also for movies that they have not rated yet."
    )

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(movielens_id__isnull=True) | Q(is_active=False),
                name="movielens_users_cannot_log_in",
                violation_error_message="A person from MovieLens' files cannot be active: nobody may log in as one.",
            ),
            models.CheckConstraint(
                condition=Q(movielens_id__isnull=False) | ~Q(username__istartswith=MOVIELENS_USERNAME),
                name="movielens_usernames_are_reserved",
                violation_error_message=f"Names that begin with “{MOVIELENS_USERNAME}” are reserved.",
            ),
        ]


class Demographics(models.Model):
    """What the oldest releases tell of their people; an age may be the youngest of a group."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="demographics")
    gender = models.CharField(max_length=1)
    age = models.PositiveSmallIntegerField()
    occupation = models.CharField(max_length=60)

    class Meta:
        verbose_name_plural = "demographics"

    def __str__(self) -> str:
        return f"{self.occupation}, {self.age}"
