"""Forms that ask for the account's password again."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm, LoginForm
from django import forms
from django.core.validators import MaxLengthValidator

from movies.accounts import LONGEST_NAME
from movies.models import User


def password_field() -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})
    return forms.CharField(label="Your password", widget=widget, strip=False, max_length=1000)


def checked_password(user: User, password: str) -> str:
    """Return the password if it is the user's; failures count like those of a login."""
    if not get_adapter().reauthenticate(user, password):
        raise forms.ValidationError("This is not your password.")
    return password


class SignInForm(LoginForm):
    """A username or an address, no longer than one can be, and a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].validators.append(MaxLengthValidator(LONGEST_NAME))


class ChangeEmailForm(AddEmailForm):
    """A new address for the account."""

    password = password_field()

    def clean_password(self) -> str:
        return checked_password(self.user, self.cleaned_data["password"])
