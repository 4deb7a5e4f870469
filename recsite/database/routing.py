"""Pages are read from a replica of the database, where there is one; whoever has just written reads the original.

A replica follows within moments.  Until it has, a cookie leads who has written to the original, whichever host answers;
so do tokens, whose holders keep no cookies.  Accounts, sessions and the model's versions are never read from a replica.
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

ORIGINAL, REPLICA = "default", "replica"
COOKIE = "wrote"
SAFE = ("GET", "HEAD", "OPTIONS")
RETRY_SECONDS = 10.0
"""For so long a replica that does not answer is left alone."""

_database: ContextVar[str] = ContextVar("database", default=ORIGINAL)
"""What the request that this thread answers is read from."""


class Router:
    """Django's router of queries: see the module."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return _database.get() if model._meta.app_label == "movies" and model.__name__ != "User" else ORIGINAL

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return ORIGINAL

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, database: str, app_label: str, **hints: Any) -> bool:
        return database == ORIGINAL


class ReplicaMiddleware:
    """Chooses the database for each request, and remembers in a cookie that somebody has written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._silent_until = 0.0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        writes = request.method not in SAFE
        fresh = writes or COOKIE in request.COOKIES or "Authorization" in request.headers
        token = _database.set(REPLICA if not fresh and self._answers() else ORIGINAL)
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

    def _answers(self) -> bool:
        if time.monotonic() < self._silent_until:
            return False
        try:
            connections[REPLICA].close_if_health_check_failed()
            connections[REPLICA].ensure_connection()
        except OperationalError as error:
            self._silent_until = time.monotonic() + RETRY_SECONDS
            logger.warning("The replica does not answer; the original is read: %s", error)
            return False
        return True
