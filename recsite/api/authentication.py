"""Token authentication: the last use of each token, and service tokens whose maker may no longer make them."""

import time
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import DatabaseError, transaction
from django.utils import timezone
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from recsite.api.models import ServiceToken, TokenUse

PRECISION = timedelta(minutes=10)
"""Each process records the use of a token at most once in this time."""
_MOST_REMEMBERED = 10_000
_recorded: dict[str, float] = {}


class TokenAuthentication(KnoxAuthentication):
    def validate_user(self, auth_token: AuthToken) -> tuple[Any, AuthToken]:
        """Refuse tokens of inactive users, and those of services whose maker has lost the right to make them."""
        user, auth_token = super().validate_user(auth_token)
        service = ServiceToken.objects.filter(token=auth_token).first()
        # `service_of` reads it from here.
        vars(auth_token)["used_by"] = service
        if service and not may_make_service_tokens(user):
            raise AuthenticationFailed("The account that made this service token may no longer make them.")
        _record_use(auth_token)
        return user, auth_token


def may_make_service_tokens(user: AbstractUser) -> bool:
    return user.is_active and user.is_staff and user.has_perm("api.add_servicetoken")


def _record_use(token: AuthToken) -> None:
    now = time.monotonic()
    if now - _recorded.get(token.digest, -PRECISION.total_seconds()) < PRECISION.total_seconds():
        return
    if len(_recorded) >= _MOST_REMEMBERED:
        _recorded.clear()
    _recorded[token.digest] = now
    try:
        with transaction.atomic():
            TokenUse.objects.update_or_create(token=token, defaults={"used_at": timezone.now()})
    except DatabaseError:
        # The token was revoked meanwhile, or the database accepts no writes: the request does not depend on it.
        _recorded.pop(token.digest, None)


class TokenScheme(KnoxTokenScheme):
    """The scheme of the OpenAPI document, under its old name."""

    target_class = "recsite.api.authentication.TokenAuthentication"
