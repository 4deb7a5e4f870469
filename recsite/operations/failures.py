"""What is said when an answer cannot be given."""

import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.views.decorators.csrf import requires_csrf_token

from recsite.api.errors import RETRY_SECONDS

_DOWN = (OperationalError, InterfaceError)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """A page for what went wrong: 503 if it was the database's silence, which passes, and else 500."""
    down = isinstance(sys.exc_info()[1], _DOWN)
    status = HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.INTERNAL_SERVER_ERROR
    response = _problem(status) if request.path.startswith("/api/") else _page(status)
    if down:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _page(status: HTTPStatus) -> HttpResponse:
    # Without the request's context: that would ask the database who is signed in.
    return HttpResponse(loader.render_to_string(f"{status.value}.html"), status=status)


def _problem(status: HTTPStatus) -> JsonResponse:
    down = status == HTTPStatus.SERVICE_UNAVAILABLE
    detail = "The database does not answer. Try again in a moment." if down else "Something broke on our side."
    problem = {"code": "unavailable" if down else "error", "detail": detail, "attr": None}
    return JsonResponse({"type": "server_error", "errors": [problem]}, status=status)
