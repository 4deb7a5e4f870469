"""Route reads to a replica, and a visitor's reads after a write to the primary.

A replica lags by a few seconds. During that time a cookie routes the reads of a visitor who has written to the
primary, whichever host answers. Requests with a token always read the primary, because API clients keep no cookies.
Accounts, sessions and model versions are never read from a replica.
"""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import OperationalError, connections
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

PRIMARY, REPLICA = "default", "replica"
COOKIE = "wrote"
SAFE = ("GET", "HEAD", "OPTIONS")
RETRY_SECONDS = 10.0
"""How long a replica that does not answer is skipped."""

_database: ContextVar[str] = ContextVar("database", default=PRIMARY)
"""The database that the current request reads from."""


class Router:
    """Django's database router; the module's docstring states the rules."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return _database.get() if model._meta.app_label == "movies" and model.__name__ != "User" else PRIMARY

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return PRIMARY

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, database: str, app_label: str, **hints: Any) -> bool:
        return database == PRIMARY


class ReplicaMiddleware:
    """Choose the database for each request, and set a cookie after a write."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._skip_until = 0.0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        writes = request.method not in SAFE
        needs_primary = writes or COOKIE in request.COOKIES or "Authorization" in request.headers
        token = _database.set(REPLICA if not needs_primary and self._replica_is_up() else PRIMARY)
        try:
            response = self.get_response(request)
        finally:
            _database.reset(token)
        if writes:
            response.set_cookie(
                COOKIE,
                "1",
                max_age=settings.REPLICA_LAG,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    def _replica_is_up(self) -> bool:
        if time.monotonic() < self._skip_until:
            return False
        try:
            connections[REPLICA].close_if_health_check_failed()
            connections[REPLICA].ensure_connection()
        except OperationalError as error:
            self._skip_until = time.monotonic() + RETRY_SECONDS
            logger.warning("The replica is not responding; reads go to the primary: %s", error)
            return False
        return True
