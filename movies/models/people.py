"""Users: members of the site and users imported from MovieLens."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from recsite.accounts.staff_passwords import check_staff_password
from recsite.identifiers import normalised

MOVIELENS_USERNAME = "movielens-"
"""Prefix of the usernames of MovieLens users, reserved for them."""


KEY_LENGTH = 300


def key_of(text: str | None) -> str | None:
    """Return what names and email addresses are compared by; None for an empty text."""
    return normalised(text or "")[:KEY_LENGTH] or None


class NormalForm(models.CharField):
    """The normal form of another field of the row, computed at every save, also in bulk; null for an empty text.

    A migration appends the row's key to the normal form of a row that shared it with an older one, after a line break,
    which no normal form has. Such a row keeps its value until its text changes.
    """

    def __init__(self, *args: Any, of: str = "", **options: Any) -> None:
        self.of = of
        super().__init__(*args, **{"max_length": KEY_LENGTH + 20, "null": True, "editable": False, **options})

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        value = key_of(getattr(model_instance, self.of))
        kept = getattr(model_instance, self.attname)
        if value and kept == f"{value}\n{model_instance.pk}":
            return str(kept)
        setattr(model_instance, self.attname, value)
        return value


class UserManager(DjangoUserManager["User"]):
    use_in_migrations = False

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this name; else the one whose name differs only in case, width or blanks."""
        exact = self.filter(username=username).first()
        return exact or self.named(username).get()

    def named(self, username: str | None) -> models.QuerySet["User"]:
        """Return the user who has this name, without regard to case, width or blanks; nobody has an empty one."""
        return self.filter(username_key=key_of(username) or "")

    def with_email(self, email: str | None) -> models.QuerySet["User"]:
        """Return the user who has this address, likewise."""
        return self.filter(email_key=key_of(email) or "")

    def create_user(self, username: str, email: str | None = None, *args: Any, **fields: Any) -> "User":
        User(username=username, email=email or "").require_free_names()
        return super().create_user(username, email, *args, **fields)

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":
        """Create a member of staff with all permissions; a password is long enough for staff."""
        User(username=username, email=email or "").require_free_names()
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

    username_key = NormalForm(of="username")
    email_key = NormalForm(of="email")

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["username_key"], name="one_user_per_name"),
            models.UniqueConstraint(fields=["email_key"], name="one_user_per_email"),
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

    def clean(self) -> None:
        super().clean()
        self.require_free_names()

    def require_free_names(self) -> None:
        """Raise ValidationError if another user has the username or email, without regard to case, width or blanks."""
        errors = {}
        if User.objects.named(self.username).exclude(pk=self.pk).exists():
            errors["username"] = "A user with that username already exists."
        if User.objects.with_email(self.email).exclude(pk=self.pk).exists():
            errors["email"] = "A user with that email address already exists."
        if errors:
            raise ValidationError(errors)

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Save; a changed name or address changes its normal form too."""
        if update_fields is not None:
            names = set(update_fields)
            update_fields = names | {f"{name}_key" for name in names & {"username", "email"}}
        super().save(*args, update_fields=update_fields, **options)


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
