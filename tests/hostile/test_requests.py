"""No request makes the site fail: every route with addresses, headers and bodies that no browser sends."""

import json
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any, NamedTuple

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from movies.models import Genre, Movie, User, WatchGroup
from recommendations.models import ModelVersion, TrainingRun

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.slow]

ID = 1_000_000
LONG = "9" * 5_000
QUERIES = ("%00", "%ED%A0%80", "1e99999999", LONG, "http://[::1", "tag:%00", "genre:%00", "-1")
"""Values of query parameters as they stand in an address: a null character, half of a surrogate pair, …"""
NAMES = (
    *("q", "page", "page_size", "cursor", "sort", "genre", "tag", "year_from", "year_to", "min_ratings", "stars"),
    *("more", "less", "more_tag", "less_tag", "popularity", "diversity", "n", "movie", "explain", "ranker", "shown"),
    *("next", "skip", "half_stars", "login", "username", "email", "password", "password1", "name", "token", "format"),
)
SEGMENTS = {"int": ("99999999999999999999",), "other": ("%00", "%ED%A0%80", "%5B", LONG, "a%0Ab")}
FORM = "application/x-www-form-urlencoded"
DEEP = "[" * 100_000
BODIES: tuple[tuple[str | bytes, str], ...] = (
    (DEEP, "application/json"),
    ('{"a":' * 100 + "1" + "}" * 100, "application/json"),
    (json.dumps(dict.fromkeys((*NAMES, "ratings", "users", "kind", "place"), "\ud800")), "application/json"),
    (json.dumps(dict.fromkeys(NAMES, "\0")), "application/json"),
    ('{"stars": 1e99999999, "movie": 1e99999999, "n": 1e400}', "application/json"),
    (f'{{"stars": {LONG}, "movie": {LONG[:4000]}, "n": {LONG[:400]}}}', "application/json"),
    ('{"ratings": {"movie": [1]}, "users": {"a": 1}, "events": 7}', "application/json"),
    (b"\xff\xfe\x00", "application/json; charset=utf-16"),
    ("a=1", f"{FORM}; charset=zlib_codec"),
    ("[1]", "application/json; charset=zlib_codec"),
    ("a=1", f"{FORM}; charset=undefined"),
    ("&".join(f"{name}=%00" for name in NAMES), FORM),
    ("&".join(f"{name}=http://[::1" for name in NAMES), FORM),
    ("&".join(f"{name}=1e99999999" for name in NAMES), FORM),
    (b"\xff\x00=\xed\xa0\x80", FORM),
    ("--x\r\nbroken", "multipart/form-data; boundary=x"),
    ("", "multipart/form-data"),
    ("<a/>", "text/xml; charset=[;;"),
)
BAD_URL = "http://["
HEADERS: tuple[dict[str, str], ...] = (
    {"HTTP_REFERER": BAD_URL, "HTTP_HX_CURRENT_URL": BAD_URL, "HTTP_HX_REQUEST": "true", "HTTP_ORIGIN": BAD_URL},
    {"HTTP_AUTHORIZATION": "Token \xff\xe9"},
    {"HTTP_AUTHORIZATION": "Token \0"},
    {"HTTP_COOKIE": "sessionid=\0; csrftoken=\xff; messages=[[; read-from-primary=x"},
    {"HTTP_HOST": "[::1", "HTTP_X_FORWARDED_FOR": "\xff, [", "HTTP_X_REQUEST_ID": "\xff" * 100},
    {"HTTP_ACCEPT": ";;q=[", "HTTP_IF_NONE_MATCH": '"', "HTTP_IF_MODIFIED_SINCE": LONG, "HTTP_RANGE": "bytes=-"},
    {"HTTP_ACCEPT_ENCODING": "\xff;q=x", "HTTP_ACCEPT_LANGUAGE": "a" * 5_000, "CONTENT_LENGTH": "x"},
)
METHODS = ("PUT", "DELETE", "OPTIONS", "TRACE", "FIND")
ACTORS = ("visitor", "member", "staff")
PER_ROUTE = 3
"""Requests of each kind for a route; which ones, and whose, rotates, so that neighbouring routes cover the rest."""
MOST_REQUESTS = 2_500


class Sent(NamedTuple):
    method: str
    path: str
    query: str = ""
    body: str | bytes = ""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def routes(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        here = before + re.sub(r"^\^|\\Z|\$$", "", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, here)
        elif isinstance(pattern, URLPattern) and pattern.name != "nowhere":
            yield here


def addresses(route: str) -> list[str]:
    """Return the address of a route with ordinary arguments, then one for each hostile argument."""
    regular = re.sub(r"\(\?P<\w+>.*?\)(?=[/-]|$)", "<x>", route).replace("\\", "")
    ordinary = re.sub(r"<int:\w+>", str(ID), regular)
    ordinary = re.sub(r"<path:\w+>", str(ID), ordinary)
    ordinary = re.sub(r"<[^>]+>", "v", ordinary)
    found = [ordinary]
    if "<" in regular:
        for kind, values in SEGMENTS.items():
            for value in values:
                pattern = r"<int:\w+>" if kind == "int" else r"<(?!int:)[^>]+>"
                hostile = re.sub(pattern, value, regular)
                if hostile != regular:
                    found.append(re.sub(r"<int:\w+>", str(ID), re.sub(r"<[^i>][^>]*>", "v", hostile)))
    return found


ROUTES = sorted(set(routes(get_resolver())))


def hostile(number: int, route: str) -> Iterator[Sent]:
    ordinary, *bad = addresses(route)
    few = PER_ROUTE - 1 if route.startswith(("/admin/", "/accounts/")) else PER_ROUTE
    for path in bad[:few]:
        yield Sent("GET", path)

    def some(values: tuple[Any, ...]) -> list[Any]:
        return [values[(number * few + step) % len(values)] for step in range(min(few, len(values)))]

    for value in some(QUERIES):
        yield Sent("GET", ordinary, "&".join(f"{name}={value}" for name in NAMES))
    for body, content_type in some(BODIES):
        method = "PUT" if "rating/" in route or "watchlist/" in route else "POST"
        yield Sent(method, ordinary, "", body, content_type)
    for headers in some(HEADERS):
        yield Sent("GET", ordinary, headers=tuple(headers.items()))
    yield Sent(METHODS[number % len(METHODS)], ordinary)


KNOWN = (
    Sent("GET", f"/movies/{ID}/similar/", "more=tag:%00&less=genre:%00"),
    Sent("GET", "/together/join/%00/"),
    Sent("GET", f"/movies/{ID}/", headers=(("HTTP_REFERER", BAD_URL),)),
    Sent("GET", "/api/v1/me/", headers=(("HTTP_AUTHORIZATION", "Token \xff\xe9"),)),
    Sent("POST", "/api/v1/recommendations/preview/", "", DEEP, "application/json"),
    Sent("POST", "/api/v1/auth/login/", "", '{"username": "\\ud800", "password": "\\ud800"}', "application/json"),
    Sent("POST", f"/movies/{ID}/rate/", "", "half_stars=1", f"{FORM}; charset=zlib_codec"),
    Sent("POST", f"/movies/{ID}/rate/", "", "half_stars=1&next=http://[::1", FORM),
    Sent("GET", "/accounts/login/", "next=http://[::1"),
    Sent("POST", "/accounts/login/", "", "login=a&password=b&next=http://[::1", FORM),
    Sent("POST", "/accounts/logout/", "", "next=http://[::1", FORM),
    Sent("POST", "/admin/movies/movietag/add/", "", "movie=http://[::1&tag=x&user=%00", FORM),
    Sent("POST", "/admin/movies/movie/add/", "", "title=a&genres=x", FORM),
)
"""Requests that failed once; each is sent by everyone."""


def filters() -> Iterator[Sent]:
    """Yield each list of the admin with each of its filters."""
    for model, options in admin.site._registry.items():
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for spec in options.list_filter:
            if isinstance(spec, str):
                field = model._meta.get_field(spec)
                for name in (f"{spec}__id__exact", f"{spec}__exact", f"{spec}__gte", f"{spec}__isnull"):
                    if field.is_relation == ("id" in name) or "null" in name:
                        yield from (Sent("GET", path, f"{name}={value}") for value in ("%00", LONG, "%5B"))
        yield from (Sent("GET", path, f"{name}={value}") for name in ("q", "o", "p") for value in ("%00", LONG))


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr("recommendations.training.dispatch.current_app.send_task", lambda *args, **kwargs: None)
    monkeypatch.setattr("recsite.api.throttling.count", lambda *_: 0)
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = False
    cache.clear()
    movie = Movie.objects.create(pk=ID, title="Alien")
    movie.genres.add(Genre.objects.create(pk=ID, name="Horror", slug="v"))
    fields = dict.fromkeys(("users", "movies", "ratings", "dimension", "size"), 1)
    ModelVersion.objects.create(pk=ID, name="v", manifest_sha256="x", **fields)
    TrainingRun.objects.create(pk=ID)
    WatchGroup.objects.create(pk=ID, invitation="v")


@pytest.fixture
def clients() -> dict[str, Client]:
    found = {}
    for actor in ACTORS:
        client = Client(raise_request_exception=False)
        if actor != "visitor":
            user = User.objects.create(username=actor, is_staff=actor == "staff", is_superuser=actor == "staff")
            client.force_login(user)
        found[actor] = client
    return found


def failure(client: Client, sent: Sent) -> str:
    """Send a request, undo what it changed, and return the server's error, if any."""
    cookies = SimpleCookie(client.cookies.output(header="", sep=";"))
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body
    with transaction.atomic():
        response = client.generic(
            sent.method,
            sent.path,
            body,
            content_type=sent.content_type or "application/octet-stream",
            QUERY_STRING=sent.query,
            **dict(sent.headers),  # type: ignore[arg-type]  # environment variables
        )
        list(response.streaming_content) if response.streaming else None  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    client.cookies = cookies
    error = response.exc_info and response.exc_info[1]  # type: ignore[attr-defined]
    return f"{response.status_code} {error!r}"[:300] if response.status_code >= 500 else ""


def short(sent: Sent) -> str:
    return re.sub(r"(.)\1{50,}", r"\1…", f"{sent.method} {sent.path}?{sent.query} {sent.content_type} {sent.body!r}")[
        :300
    ] + str(dict(sent.headers))


def failures(clients: dict[str, Client], requests: list[tuple[str, Sent]]) -> list[tuple[str, str, str]]:
    answered = [(failure(clients[actor], sent), actor, short(sent)) for actor, sent in requests]
    return [answer for answer in answered if answer[0]]


def test_no_route_fails(clients: dict[str, Client]) -> None:
    sent = [request for number, route in enumerate(ROUTES) for request in hostile(number, route)]
    assert 500 < len(sent) < MOST_REQUESTS
    requests = []
    for number, request in enumerate(sent):
        actor = "staff" if request.path.startswith("/admin/") else ACTORS[number % len(ACTORS)]
        requests.append((actor, request))
    assert failures(clients, requests) == []


@pytest.mark.parametrize("request_", KNOWN, ids=short)
def test_what_failed_once_does_not_fail(clients: dict[str, Client], request_: Sent) -> None:
    assert failures(clients, [(actor, request_) for actor in ACTORS]) == []


def test_filters_of_the_admin_do_not_fail(clients: dict[str, Client]) -> None:
    assert failures(clients, [("staff", request) for request in filters()]) == []
