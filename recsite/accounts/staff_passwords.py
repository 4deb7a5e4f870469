"""Passwords of staff are longer than those of members."""

from typing import Any

from django.core.exceptions import ValidationError

LENGTH = 12


def check_staff_password(password: str) -> None:
    if len(password) < LENGTH:
        raise ValidationError(f"Passwords of staff have at least {LENGTH} characters.", code="password_too_short")


class StaffMinimumLengthValidator:
    def validate(self, password: str, user: Any = None) -> None:
        if getattr(user, "is_staff", False):
            check_staff_password(password)

    def get_help_text(self) -> str:
        """Say nothing: the same text is shown to members."""
        return ""
