"""Middleware that keeps personal answers out of every cache, and clears the browser at sign-out."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest, HttpResponse

_SAFE = ("GET", "HEAD", "OPTIONS")
_API = "/api/"


class PrivateAnswersMiddleware:
    """Mark every answer that may be personal as `private, no-store`.

    An answer may be personal if the request or the answer carries a session or the request a token, or if the method
    changes something (signing in returns a token). Nothing is looked up, so that health checks need no database. Two
    kinds keep their own rule: what a view declares public (covers), and lists of the API with an `ETag`, which only the
    client itself keeps, and revalidates with its token each time (`private, no-cache`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        declared = response.get("Cache-Control", "")
        if _may_be_personal(request, response) and "public" not in declared and "no-store" not in declared:
            revalidated = response.has_header("ETag") or response.status_code == HTTPStatus.NOT_MODIFIED
            is_list = request.path_info.startswith(_API) and request.method in _SAFE and revalidated
            response["Cache-Control"] = "private, no-cache" if is_list else "private, no-store"
        if vars(request).get("signed_out"):
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response


def _may_be_personal(request: HttpRequest, response: HttpResponse) -> bool:
    session = settings.SESSION_COOKIE_NAME
    return (
        request.method not in _SAFE
        or session in request.COOKIES
        or session in response.cookies
        or "Authorization" in request.headers
    )


def _remember(request: Any, **_: object) -> None:
    if request is not None:
        vars(request)["signed_out"] = True


user_logged_out.connect(_remember, dispatch_uid="clear-site-data")
