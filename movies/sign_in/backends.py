"""Sign-in by username or address that takes the same time for every name."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from movies.models import User


class OneHashBackend(AuthenticationBackend):
    """Hash one password for each attempt, whether the name has no account, one, or several that share an address.

    allauth's backend hashes once for each account with the address, which tells a stranger about them. It stays in the
    settings behind this one, for the sessions that it began; it authenticates nobody.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if user is None:
            raise PermissionDenied
        return user

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        name = credentials.get("username") or credentials.get("email") or ""
        found: User | None = self._check_password(account_of(name), credentials.get("password") or "")
        return found


def account_of(name: str) -> User | None:
    """Return the account that a name means: by its confirmed address, its username, or its address, oldest first.

    Two accounts of an older release may have names that differ only in case; each is meant by its exact name.
    """
    if not name:
        return None
    with_address: list[User] = sorted(
        filter_users_by_email(name, prefer_verified=True, for_login=True), key=lambda user: user.pk
    )
    confirmed = [user for user in with_address if _has_confirmed(user, name)]
    return next(iter(confirmed), None) or _named(name) or next(iter(with_address), None)


def _named(name: str) -> User | None:
    try:
        return User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        return None


def _has_confirmed(user: User, address: str) -> bool:
    return bool(EmailAddress.objects.filter(user=user, email=address.lower(), verified=True).exists())
