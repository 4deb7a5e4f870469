"""What goes around every request: an id, a time, one line in the log."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from recsite.operations import metrics

logger = logging.getLogger("recsite.requests")

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that this thread answers."""
_GIVEN = re.compile(r"[0-9A-Za-z_-]{8,64}")
_QUIET = ("livez", "readyz", "metrics")


class RequestMiddleware:
    """Gives a request the id that a proxy gave it, or one of its own; counts it; puts it into the log.

    The log has the route and not the address: an address may say what somebody searched for.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        token = request_id.set(given if _GIVEN.fullmatch(given) else uuid.uuid4().hex)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            self._note(request, response, time.perf_counter() - started)
        finally:
            request_id.reset(token)
        return response

    def _note(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        match = request.resolver_match
        route = str(match.route) if match else "unknown"
        if match and match.url_name in _QUIET:
            return
        method = request.method if request.method in metrics.METHODS else "other"
        metrics.requests.labels(method, route, str(response.status_code)).observe(seconds)
        fields = {"method": method, "route": route, "status": response.status_code, "ms": round(seconds * 1000, 1)}
        logger.info("request", extra={"fields": fields})
