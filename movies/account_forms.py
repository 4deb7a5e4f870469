"""Forms that ask for the account's password again."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm, LoginForm, SignupForm
from allauth.account.models import EmailAddress
from django import forms
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest

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


class SignUpForm(SignupForm):
    """A new account. An address that another account has becomes the new one's only once it is confirmed.

    The answer is the same for every address, so that it tells a stranger nothing about accounts.
    """

    def save(self, request: HttpRequest) -> User:
        address = self.cleaned_data.get("email")
        is_taken = User.objects.with_email(address).exists()
        if is_taken:
            self.cleaned_data["email"] = ""
        user: User = super().save(request)
        if is_taken:
            EmailAddress.objects.create(user=user, email=address, primary=True)
        return user


class ChangeEmailForm(AddEmailForm):
    """A new address for the account."""

    password = password_field()

    def clean_password(self) -> str:
        return checked_password(self.user, self.cleaned_data["password"])
