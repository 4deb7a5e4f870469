"""Users: members of the site and users imported from MovieLens."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Q

from recsite.accounts.staff_passwords import check_staff_password

MOVIELENS_USERNAME = "movielens-"
"""Prefix of the usernames of MovieLens users, reserved for them."""


class UserManager(DjangoUserManager["User"]):
    use_in_migrations = False

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":
        """Create a member of staff with all permissions; a password is long enough for staff."""
        if password is not None:
            check_staff_password(password)
        return super().create_superuser(username, email, password, **fields)


class User(AbstractUser):
    """A member of the site, or a user of a MovieLens release.

    MovieLens users get recommendations, which staff can view, but nobody can log in as one.
    """

    id = models.AutoField(primary_key=True)
    movielens_id = models.PositiveIntegerField("MovieLens id", unique=True, null=True, blank=True)
    shows_predictions = models.BooleanField(
        default=True, help_text="Show predicted stars for movies that the member has not rated yet."
    )

    objects: ClassVar = UserManager()

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(movielens_id__isnull=True) | Q(is_active=False),
                name="movielens_users_cannot_log_in",
                violation_error_message="A MovieLens user cannot log in and must stay inactive.",
            ),
            models.CheckConstraint(
                condition=Q(movielens_id__isnull=False) | ~Q(username__istartswith=MOVIELENS_USERNAME),
                name="movielens_usernames_are_reserved",
                violation_error_message=f"Usernames starting with “{MOVIELENS_USERNAME}” are reserved.",
            ),
        ]


class Demographics(models.Model):
    """Demographics of users of the oldest releases; an age may be the lower bound of an age group."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="demographics")
    gender = models.CharField(max_length=1)
    age = models.PositiveSmallIntegerField()
    occupation = models.CharField(max_length=60)

    class Meta:
        verbose_name_plural = "demographics"

    def __str__(self) -> str:
        return f"{self.occupation}, {self.age}"
