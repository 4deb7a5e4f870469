"""Known devices: failed logins of strangers do not lock out a browser in which the owner has signed in before.

A signed cookie names the account and the device (OWASP, "Device cookies"). Failures from a known device are counted
by themselves, those of all other clients together.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from movies.models import User
from recsite.identifiers import normalised

COOKIE = "known-device"
LIFETIME = timedelta(days=365)
MOST_ACCOUNTS = 5
"""How many accounts one browser is known to."""


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Let the browser keep that this user has signed in with it."""
    known = _known(request)
    device = known.pop(str(user.pk), secrets.token_urlsafe(9))
    kept = dict(list(known.items())[-(MOST_ACCOUNTS - 1) :])
    response.set_cookie(
        COOKIE,
        signing.dumps({**kept, str(user.pk): device}, salt=COOKIE),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
        path=settings.SESSION_COOKIE_PATH,
    )


def counted_on(name: str, device: str) -> str:
    """Return what failures on a known device are counted by; names have no blanks."""
    return f"{name[:200]} on {device}"


def device_of(request: HttpRequest, name: str) -> str:
    """Return the device if the account with this name or email has signed in with it, else an empty text."""
    known = _known(request)
    if not known or not name:
        return ""
    users = User.objects.filter(pk__in=known)
    key = normalised(name)
    return next((known[str(user.pk)] for user in users if key in _names(user)), "")


def _names(user: User) -> set[str]:
    return {normalised(name) for name in (user.username, user.email) if name}


def _known(request: HttpRequest) -> dict[str, str]:
    """Return the devices by the key of the account, as the cookie has them."""
    try:
        known: dict[str, str] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=LIFETIME)
    except signing.BadSignature:
        return {}
    return known
