"""No cache keeps a personal answer, and signing out clears the browser."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from knox.models import AuthToken

from movies.models import Movie, User

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.slow]
PUBLIC = ("cover", "poster")


def routes(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the name of every route, with 1 for each parameter."""
    for pattern in resolver.url_patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, here)
        elif isinstance(pattern, URLPattern):
            path = re.sub(r"<[^>]+>|\(\?P<[^>]+>[^)]*\)|\([^)]*\)", "1", here)
            yield "/" + re.sub(r"[\^$\\?]|\.\*", "", path), pattern.name or ""


def wrong(response: HttpResponseBase, *, api: bool) -> bool:
    rule = {part.strip() for part in response.get("Cache-Control", "").split(",")}
    revalidated = api and "ETag" in response.headers and rule == {"private", "no-cache"}
    return not (rule >= {"private", "no-store"} or revalidated or "public" in rule)


def test_every_route_answers_a_member_privately(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recsite.api.throttling.count", lambda *_: 0)
    ada.is_staff = ada.is_superuser = True
    ada.save()
    Movie.objects.create(pk=1, title="Alien")
    _, token = AuthToken.objects.create(user=ada)
    walked, failed = 0, []
    for path, name in routes(get_resolver()):
        client = Client(raise_request_exception=False)
        client.force_login(ada)
        api = path.startswith("/api/")
        responses = [client.get(path)]
        if api:
            responses.append(Client().get(path, headers={"authorization": f"Token {token}"}))
        failed += [(path, response.get("Cache-Control")) for response in responses if wrong(response, api=api)]
        if "public" in responses[0].get("Cache-Control", ""):
            assert any(word in path + name for word in PUBLIC), f"{path} is public"
        walked += 1
    assert walked > 100
    assert failed == []


def test_a_new_token_is_not_stored(ada: User) -> None:
    body = {"username": "ada", "password": "lovelace-1815"}
    response = Client().post("/api/v1/auth/login/", body, "application/json")
    assert response.headers["Cache-Control"] == "private, no-store"


def test_visitors_pages_may_be_kept(db: None) -> None:
    assert "no-store" not in Client().get(reverse("movies:browse")).get("Cache-Control", "")


def test_signing_out_clears_the_browser(member: Client) -> None:
    assert "Clear-Site-Data" not in member.get(reverse("movies:account")).headers
    response = member.post(reverse("account_logout"))
    assert response.status_code == HTTPStatus.FOUND
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
