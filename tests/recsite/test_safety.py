"""Security headers of every response, and Django's deployment checks."""

from http import HTTPStatus
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from benchmarks.support.processes import Site
from movies.models import Movie, User

PAGES = ["/", "/movies/", "/accounts/login/", "/accounts/signup/", "/api/v1/movies/", "/nothing-here/", "/livez"]


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss", "boss@example.org"))
    return client


def policy(header: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in header.split(";"))}


@pytest.mark.django_db
@pytest.mark.parametrize("address", [*PAGES, "/admin/", "/admin/movies/movie/", "/recommendations/"])
def test_the_policy_allows_only_the_sites_own_files(boss: Client, address: str) -> None:
    response = boss.get(address)
    allowed = policy(response["Content-Security-Policy"])
    assert allowed["default-src"] == ["'none'"]
    assert allowed["script-src"] == allowed["style-src"] == ["'self'"]
    assert allowed["frame-ancestors"] == allowed["base-uri"] == ["'none'"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
@pytest.mark.parametrize("address", [page for page in PAGES if not page.startswith("/api/")])
def test_pages_have_no_inline_scripts_or_styles(client: Client, address: str) -> None:
    Movie.objects.create(title="<script>alert(1)</script>")
    text = client.get(address).content.decode().lower()
    for forbidden in ("<script>", " onclick=", " onload=", "<style", " style=", "javascript:"):
        assert forbidden not in text


@pytest.mark.django_db
def test_https_is_enforced(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    plain = client.get("/movies/")
    assert (plain.status_code, plain["Location"]) == (HTTPStatus.MOVED_PERMANENTLY, "https://testserver/movies/")
    assert "max-age=31536000" in client.get("/movies/", secure=True)["Strict-Transport-Security"]
    assert client.get("/livez").status_code == HTTPStatus.OK


@pytest.mark.slow
def test_the_production_settings_pass_djangos_own_checks(tmp_path: Path) -> None:
    site = Site(tmp_path, "sqlite://:memory:")
    key = "".join(chr(ord("a") + index % 26) for index in range(60))
    done = site.run(
        "check", "--deploy", "--fail-level=WARNING", HTTPS="on", SECRET_KEY=key, ALLOWED_HOSTS="recsite.org"
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
