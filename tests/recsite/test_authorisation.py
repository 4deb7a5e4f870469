"""Authorization of the API: every route and method, for every kind of client.

In the table, `y` is allowed and `-` is refused: 401 for a visitor, 403 for others. Routes and methods that are not in
the table are refused or return 405.
"""

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.contrib.auth.models import Group
from django.urls import URLPattern, URLResolver, get_resolver
from knox.models import AuthToken
from rest_framework.test import APIClient

from movies import services
from movies.models import Movie, Rating, User
from recommendations.models import ModelVersion, TrainingRun
from recsite.api.models import ServiceToken

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.slow]

ACTORS = (
    *("visitor", "member", "other", "viewer", "editor", "operator", "superuser"),
    *("recommendations", "events", "models", "operate"),
)
ROLES = {"viewer": "Viewer", "editor": "Catalogue editor", "operator": "Model operator"}
# fmt: off
TABLE = """
#                                         v m o v e o s  r e m o
#                                         i e t i d p u  e v o p
#                                         s m h e i e p  c e d e
GET    movies/                            y y y y y y y  y y y y
GET    movies/1/                          y y y y y y y  y y y y
GET    movies/1/explanation/              - y y y y y y  - - - -
GET    movies/1/similar/                  y y y y y y y  y y y y
GET    movies/1/tags/                     y y y y y y y  y y y y
GET    genres/                            y y y y y y y  y y y y
GET    tags/                              y y y y y y y  y y y y
GET    schema/                            y y y y y y y  y y y y
GET    docs/                              y y y y y y y  y y y y
POST   auth/login/                        y y y y y y y  y y y y
POST   auth/logout/                       - y y y y y y  - - - -
POST   auth/logout-everywhere/            - y y y y y y  - - - -
GET    me/                                - y y y y y y  - - - -
GET    me/ratings/                        - y y y y y y  - - - -
POST   me/ratings/                        - y y y y y y  - - - -
POST   me/ratings/import/                 - y y y y y y  - - - -
GET    movies/1/rating/                   - y y y y y y  - - - -
PUT    movies/1/rating/                   - y y y y y y  - - - -
DELETE movies/1/rating/                   - y y y y y y  - - - -
GET    me/watchlist/                      - y y y y y y  - - - -
PUT    movies/1/watchlist/                - y y y y y y  - - - -
DELETE movies/1/watchlist/                - y y y y y y  - - - -
GET    me/seen/                           - y y y y y y  - - - -
PUT    movies/1/seen/                     - y y y y y y  - - - -
DELETE movies/1/seen/                     - y y y y y y  - - - -
GET    me/not-interested/                 - y y y y y y  - - - -
PUT    movies/1/not-interested/           - y y y y y y  - - - -
DELETE movies/1/not-interested/           - y y y y y y  - - - -
GET    me/recommendations/                - y y y y y y  - - - -
GET    me/predictions/                    - y y y y y y  - - - -
POST   recommendations/preview/           y y y y y y y  y y y y
POST   recommendations/batch/             - - - - - y y  y - - -
GET    users/1/recommendations/           - - - - - y y  y - - -
POST   events/                            - y y y y y y  - y - -
GET    versions/                          - - - y y y y  - - y -
GET    versions/v/                        - - - y y y y  - - y -
POST   versions/v/activate/               - - - - - y y  - - - y
POST   versions/roll-back/                - - - - - y y  - - - y
GET    runs/                              - - - y y y y  - - y -
POST   runs/                              - - - - - y y  - - - y
GET    runs/1/                            - - - y y y y  - - y -
POST   runs/1/cancel/                     - - - - - y y  - - - y
"""
# fmt: on
LINES = [line.split() for line in TABLE.strip().splitlines() if not line.startswith("#")]
ALLOWED = {(line[0], line[1]): dict(zip(ACTORS, (mark == "y" for mark in line[2:]), strict=True)) for line in LINES}
PATHS = sorted({path for _, path in ALLOWED})
ID = 1_000_000
"""Replaces 1 in paths: far from the ids that the database assigns."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommendations.training.dispatch.current_app.send_task", lambda *args, **kwargs: None)
    monkeypatch.setattr("recsite.api.throttling.count", lambda *_: 0)
    Movie.objects.create(pk=ID, title="Alien")
    User.objects.create(pk=ID, username="somebody")
    fields = dict.fromkeys(("users", "movies", "ratings", "dimension", "size"), 1)
    ModelVersion.objects.create(name="v", manifest_sha256="x", **fields)
    TrainingRun.objects.create(pk=ID)


def address(path: str) -> str:
    return "/api/v1/" + path.replace("/1/", f"/{ID}/")


def account_of(actor: str) -> User | None:
    if actor == "visitor":
        return None
    if actor in ServiceToken.Scope.values or actor == "superuser":
        return User.objects.create_superuser(f"boss-{actor}")
    user = User.objects.create(username=actor, is_staff=actor in ROLES)
    if actor in ROLES:
        user.groups.add(Group.objects.get(name=ROLES[actor]))
    return user


def signed_in(user: User | None, actor: str) -> APIClient:
    client = APIClient()
    if user is None:
        return client
    instance, token = AuthToken.objects.create(user=user)
    if actor in ServiceToken.Scope.values:
        ServiceToken.objects.update_or_create(name=actor, defaults={"token": instance, "scopes": [actor]})
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, here)
        elif isinstance(pattern, URLPattern) and pattern.name != "nowhere":
            yield re.sub(r"<slug:\w+>", "v", re.sub(r"<int:\w+>", "1", here))


def test_the_table_has_every_route() -> None:
    paths = [path.removeprefix("api/v1/") for path in routes(get_resolver()) if path.startswith("api/v1/")]
    assert sorted(paths) == PATHS


@pytest.mark.parametrize("actor", ACTORS)
def test_each_actor_is_allowed_what_the_table_says(actor: str) -> None:
    wrong = []
    user = account_of(actor)
    client = signed_in(user, actor)
    for path in PATHS:
        for method in METHODS:
            status = getattr(client, method.lower())(address(path)).status_code
            if "logout" in path:
                client = signed_in(user, actor)
            if (method, path) not in ALLOWED:
                passed = status == HTTPStatus.METHOD_NOT_ALLOWED or status in REFUSED
            elif ALLOWED[method, path][actor]:
                passed = status not in REFUSED or (path == "auth/login/" and status != HTTPStatus.FORBIDDEN)
            else:
                passed = status == (HTTPStatus.UNAUTHORIZED if actor == "visitor" else HTTPStatus.FORBIDDEN)
            if not passed or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.SERVICE_UNAVAILABLE):
                wrong.append((method, path, status))
    assert wrong == []


def test_another_users_ratings_and_lists_are_out_of_reach() -> None:
    owner, movie = User.objects.get(pk=ID), Movie.objects.get()
    services.rate(user=owner, movie=movie, half_stars=9)
    services.watch(user=owner, movie=movie)
    client = signed_in(account_of("other"), "other")
    assert client.get("/api/v1/me/ratings/").json()["results"] == []
    for name in ("rating", "watchlist", "seen", "not-interested"):
        assert client.delete(address(f"movies/1/{name}/")).status_code == HTTPStatus.NOT_FOUND
    client.put(address("movies/1/rating/"), {"stars": 1, "user": ID})
    assert Rating.objects.get(user=owner).half_stars == 9
