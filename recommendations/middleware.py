"""What the site notes of the way somebody takes through it."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from movies.models import User
from recommendations.feedback import recorder
from recommendations.models import Place

PLACES = {
    "home": Place.HOME,
    "recommendations:list": Place.LIST,
    "recommendations:start": Place.START,
    "movies:detail": Place.SIMILAR,
}


def track_clicks(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a member who comes to a movie's page from a list has chosen it there."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        match = request.resolver_match
        if match is None or match.view_name != "movies:detail" or response.status_code != HTTPStatus.OK:
            return response
        place = _place(request)
        if place and request.method == "GET" and isinstance(request.user, User):
            recorder.clicked(request.user, match.kwargs["pk"], place)
        return response

    return middleware


def _place(request: HttpRequest) -> Place | None:
    """The list that a request comes from, by the address that the browser says it comes from."""
    before = urlsplit(request.headers.get("Referer", ""))
    if before.netloc != request.get_host() or before.path == request.path:
        return None
    try:
        return PLACES.get(resolve(before.path).view_name)
    except Resolver404:
        return None
