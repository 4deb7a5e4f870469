"""A WSGI application that adds two no-op endpoints to the site, and each request's processor time as a header."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from recsite.wsgi import application as site

# Django is set up from here on.
# isort: split
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from recsite import urls


class Empty(APIView):
    """A no-op behind the token authentication, permissions and throttles of every endpoint."""

    def get(self, request: Request) -> Response:
        return Response({})


class Bare(APIView):
    """A no-op without authentication and throttles."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    def get(self, request: Request) -> Response:
        return Response({})


urls.urlpatterns[:0] = [path("api/v1/empty/", Empty.as_view()), path("api/v1/bare/", Bare.as_view())]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    started = time.thread_time()

    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        used = int(1e6 * (time.thread_time() - started))
        return start_response(status, [*headers, ("X-Processor-Microseconds", str(used))], *rest)

    return site(environ, start)
