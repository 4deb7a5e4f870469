"""Forms for the codes of second factors, whose attempts are limited."""

import time
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp

from recsite.api.throttling import count_in_database

CODES_PER_HOUR = 20
"""Codes that an account may try in an hour, right or wrong: guesses at one of a million need six years on average."""
HOUR = 3600
CODE_INPUT = {"inputmode": "numeric", "maxlength": 20, "placeholder": ""}


class AuthenticateForm(base.AuthenticateForm):
    """The code of a sign-in: of the authenticator app, or a recovery code.

    allauth limits wrong codes too, but in the cache, which lets everything pass while Redis is down.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= CODE_INPUT

    def clean_code(self) -> str:
        window = int(time.time()) // HOUR
        if count_in_database(f"second-factor-{self.user.pk}-{window}", HOUR) > CODES_PER_HOUR:
            raise get_account_adapter().validation_error("too_many_login_attempts")
        code: str = super().clean_code()
        return code


class ActivateForm(totp.ActivateTOTPForm):
    """The first code of a new authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Code that the app shows"
        self.fields["code"].widget.attrs |= CODE_INPUT

    @property
    def must_confirm_address(self) -> bool:
        """Whether nobody has confirmed the account's address: its owner could never take the account over.

        A new address that awaits confirmation does not count.
        """
        if account_settings.EMAIL_VERIFICATION == account_settings.EmailVerificationMethod.NONE:
            return False
        return EmailAddress.objects.filter(user=self.user, primary=True, verified=False).exists()

    def clean_code(self) -> str:
        if self.must_confirm_address:
            raise get_adapter().validation_error("unverified_email")
        code: str = super().clean_code()
        return code
