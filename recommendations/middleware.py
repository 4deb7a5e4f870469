"""Record clicks on movies in lists."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, get_script_prefix, resolve

from movies.models import User
from movies.requests import split_url
from recommendations.feedback import recorder
from recommendations.models import Place

PLACES = {
    "home": Place.HOME,
    "recommendations:list": Place.LIST,
    "recommendations:start": Place.START,
    "movies:detail": Place.SIMILAR,
}


def track_clicks(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a member who reaches a movie's page from a list has clicked the movie there."""

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
    """Return the list that a request comes from, by its Referer header; None if it is not from a list."""
    referer = split_url(request.headers.get("Referer", ""))
    if referer is None or referer.netloc != request.get_host() or referer.path == request.path:
        return None
    sub_path = get_script_prefix()
    if not referer.path.startswith(sub_path):
        return None
    try:
        return PLACES.get(resolve(f"/{referer.path.removeprefix(sub_path)}").view_name)
    except Resolver404:
        return None
