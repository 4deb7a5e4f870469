"""Middleware that ends sessions of staff that have been idle for `STAFF_IDLE_MINUTES`."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

ACTIVE = "staff_active"
"""The session's key for the time of the last request, in seconds."""
PRECISION = 60
"""Seconds after which the time is written again; a session may last as much longer."""
POLL = "X-Poll"
"""The header of requests that a page makes by itself, which do not keep a session alive."""


class StaffSessionsMiddleware:
    """Check the session when a view first asks for the user, so that public pages read no session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.STAFF_IDLE_MINUTES:
            user: Any = request.user
            request.user = SimpleLazyObject(lambda: _unless_idle(request, user))  # type: ignore[assignment]
        return self.get_response(request)


def _unless_idle(request: HttpRequest, user: Any) -> Any:
    if not (user.is_authenticated and user.is_staff):
        return user
    now = int(time.time())
    idle = now - request.session.get(ACTIVE, now)
    if idle >= settings.STAFF_IDLE_MINUTES * 60 + PRECISION:
        # `logout` asks for the user, who is being determined here.
        request.user = user
        logout(request)
        messages.info(request, "You were signed out because you were idle. Sign in again.", fail_silently=True)
        return request.user
    if POLL not in request.headers and (idle >= PRECISION or ACTIVE not in request.session):
        request.session[ACTIVE] = now
    return user
