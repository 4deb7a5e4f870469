"""Error responses outside views: 503 when the database is down, otherwise 500; refusals of bad requests."""

import sys
from http import HTTPStatus

from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.views.decorators.csrf import requires_csrf_token
from django.views.defaults import bad_request

from recsite.api.errors import RETRY_SECONDS

_DOWN = (OperationalError, InterfaceError)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """Return 503 with `Retry-After` if the database is down, which is temporary, and 500 for any other error."""
    down = isinstance(sys.exc_info()[1], _DOWN)
    status = HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.INTERNAL_SERVER_ERROR
    response = _json_error(status) if request.path_info.startswith("/api/") else _page(status)
    if down:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def refusal(request: HttpRequest, status: HTTPStatus, detail: str) -> HttpResponse:
    """Refuse a request before its view: as JSON below /api/, otherwise as the page of a bad request."""
    if not request.path_info.startswith("/api/"):
        return bad_request(request, BadRequest(detail))
    code = "authentication_failed" if status == HTTPStatus.UNAUTHORIZED else "parse_error"
    headers = {"WWW-Authenticate": "Token"} if status == HTTPStatus.UNAUTHORIZED else {}
    problem = {"code": code, "detail": detail, "attr": None}
    return JsonResponse({"type": "client_error", "errors": [problem]}, status=status, headers=headers)


def _page(status: HTTPStatus) -> HttpResponse:
    # Without the request's context, which would query the database for the user.
    return HttpResponse(loader.render_to_string(f"{status.value}.html"), status=status)


def _json_error(status: HTTPStatus) -> JsonResponse:
    down = status == HTTPStatus.SERVICE_UNAVAILABLE
    detail = "The database is not responding. Try again in a moment." if down else "Something went wrong on our side."
    problem = {"code": "unavailable" if down else "error", "detail": detail, "attr": None}
    return JsonResponse({"type": "server_error", "errors": [problem]}, status=status)
