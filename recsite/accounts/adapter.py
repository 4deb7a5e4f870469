"""Encryption of second factors, and who may turn theirs off, for allauth."""

import base64
import logging
from typing import ClassVar

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils.crypto import salted_hmac

logger = logging.getLogger(__name__)


class Adapter(DefaultMFAAdapter):
    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": "Staff need a second factor. You cannot turn yours off.",
        "cannot_generate_recovery_codes": "Set up an authenticator app first.",
        "incorrect_code": "This code is wrong or was used before.",
        "unverified_email": "Confirm your email address first.",
    }

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; a random one if another `SECRET_KEY` encrypted it, so that no code matches."""
        try:
            return _fernet().decrypt(encrypted_text).decode()
        except InvalidToken:
            logger.warning("A second factor was encrypted with another SECRET_KEY; it accepts no code.")
            return generate_totp_secret()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not (settings.STAFF_SECOND_FACTOR and authenticator.user.is_staff)


def _fernet() -> Fernet:
    key = salted_hmac("recsite.accounts.second_factor", "", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
