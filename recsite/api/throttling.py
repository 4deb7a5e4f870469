"""Fixed-window rate limits that all processes share.

REST framework's own throttles read a list, append to it and write it back, so simultaneous requests miss each other.
These count in fixed time windows with an atomic increment.
"""

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from recsite.api.models import RequestCount
from recsite.api.permissions import service_of
from recsite.operations.clients import limit_key

if TYPE_CHECKING:
    # REST framework's views read the settings, which name this module.
    from rest_framework.views import APIView

_COUNT = """
INSERT INTO recommendations_requestcount AS counted (key, requests, expires_at) VALUES (%s, %s, %s)
ON CONFLICT (key) DO UPDATE SET requests = counted.requests + excluded.requests RETURNING requests
"""
_SWEEP = 10
"""In about one second out of this many, a new key deletes the expired ones."""


def count(key: str, seconds: int, cost: int = 1) -> int:
    """Add `cost` to the count of a key, which expires after `seconds`, and return it."""
    if settings.REDIS_URL:
        cache.add(key, 0, seconds)
        return int(cache.incr(key, cost))
    return count_in_database(key, seconds, cost)


def count_in_database(key: str, seconds: int, cost: int = 1) -> int:
    """Count like `count`, for limits that must also hold while Redis is down."""
    now = int(time.time())
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, cost, now + seconds])
        counted = int(cursor.fetchone()[0])
    if counted == cost and now % _SWEEP == 0:
        RequestCount.objects.filter(expires_at__lt=timezone.now()).delete()
    return counted


BYTES_OF_A_REQUEST = 16_384
"""A body of more bytes counts as several requests."""


def _cost(request: Request, view: "APIView") -> int:
    """Return what a request counts for: its view's `throttle_cost`, if it has one, and one for each 16 KB of body."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    of_body = int(length[:12]) // BYTES_OF_A_REQUEST if length.isascii() and length.isdigit() else 0
    of_view = getattr(view, "throttle_cost", None)
    return (of_view(request) if of_view else 1) + of_body


class SharedThrottle(SimpleRateThrottle):
    """Allow `rate` requests per key in each time window."""

    num_requests: int
    duration: int

    def allow_request(self, request: Request, view: "APIView") -> bool:
        key = self.get_cache_key(request, view)
        if self.rate is None or key is None:
            return True
        window = int(time.time()) // self.duration
        return count(f"{key}-{window}", self.duration, _cost(request, view)) <= self.num_requests

    def get_ident(self, request: Request) -> str:
        return limit_key(request._request)

    def wait(self) -> float:
        return self.duration - time.time() % self.duration


class VisitorThrottle(SharedThrottle):
    """Limit anonymous requests from one IP address."""

    scope = "anon"

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        if request.user and request.user.is_authenticated:
            return None
        return f"throttle-{self.scope}-{self.get_ident(request)}"


class MemberThrottle(SharedThrottle):
    """Limit the requests of one member."""

    scope = "user"

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        if not (request.user and request.user.is_authenticated) or service_of(request):
            return None
        return f"throttle-{self.scope}-{request.user.pk}"


class ServiceThrottle(SharedThrottle):
    """Limit the requests of one service, whoever created its token."""

    scope = "service"

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        service = service_of(request)
        return f"throttle-{self.scope}-{service.pk}" if service else None
