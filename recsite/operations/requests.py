"""Middleware that gives every request an id, measures its time, and logs one line."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from recsite.operations import clients, metrics

logger = logging.getLogger("recsite.requests")

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the current request."""
_VALID_ID = re.compile(r"[0-9A-Za-z_-]{8,64}")
_NOT_LOGGED = ("livez", "readyz", "metrics")


class RequestMiddleware:
    """Assign each request an id, the proxy's if it sent one; count and log the request.

    The log contains the route and not the URL, because a URL may contain a visitor's search.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        clients.drop_forged_headers(request)
        proxy_id = request.headers.get("X-Request-Id", "")
        token = request_id.set(proxy_id if _VALID_ID.fullmatch(proxy_id) else uuid.uuid4().hex)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            _keep_below(response, settings.FORCE_SCRIPT_NAME)
            self._record(request, response, time.perf_counter() - started)
        finally:
            request_id.reset(token)
        return response

    def _record(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        match = request.resolver_match
        route = str(match.route) if match else "unknown"
        if match and match.url_name in _NOT_LOGGED:
            return
        method = request.method if request.method in metrics.METHODS else "other"
        metrics.requests.labels(method, route, str(response.status_code)).observe(seconds)
        fields = {"method": method, "route": route, "status": response.status_code, "ms": round(seconds * 1000, 1)}
        logger.info("request", extra={"fields": fields})


def _keep_below(response: HttpResponse, sub_path: str | None) -> None:
    """Keep the cookies of packages without a setting, such as those of messages, from other sites of the host."""
    for cookie in response.cookies.values() if sub_path else ():
        if cookie["path"] == "/":
            cookie["path"] = sub_path
