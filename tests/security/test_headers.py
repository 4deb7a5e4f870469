"""Security headers of static files, errors and probes."""

from http import HTTPStatus
from pathlib import Path
from unittest.mock import patch

import pytest
from django.test import Client
from pytest_django import Settings

EXPECTED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def check(response: object) -> None:
    headers = response.headers  # type: ignore[attr-defined]
    assert {name: headers.get(name) for name in EXPECTED} == EXPECTED
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    for feature in ("camera", "geolocation", "microphone", "payment", "usb"):
        assert f"{feature}=()" in headers["Permissions-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/movies/", HTTPStatus.OK),
        ("/livez", HTTPStatus.OK),
        ("/readyz", HTTPStatus.OK),
        ("/nothing-here/", HTTPStatus.NOT_FOUND),
        ("/ratings/", HTTPStatus.FOUND),
        ("/api/v1/me/recommendations/", HTTPStatus.UNAUTHORIZED),
    ],
)
def test_every_answer_has_the_headers(client: Client, address: str, status: HTTPStatus) -> None:
    response = client.get(address)
    assert response.status_code == status
    check(response)


@pytest.mark.django_db
def test_a_refused_host_and_a_failing_middleware_have_the_headers(settings: Settings) -> None:
    client = Client(raise_request_exception=False)
    settings.ALLOWED_HOSTS = ["recsite.org"]
    check(client.get("/movies/", headers={"Host": "elsewhere.org"}))
    settings.ALLOWED_HOSTS = ["*"]
    with patch("django.contrib.sessions.middleware.SessionMiddleware.process_request", side_effect=RuntimeError):
        response = client.get("/movies/")
    assert response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    check(response)


@pytest.mark.parametrize(("name", "is_document"), [("icon.svg", True), ("site.css", False), ("site.js", False)])
def test_static_files_have_the_headers(settings: Settings, tmp_path: Path, name: str, *, is_document: bool) -> None:
    (tmp_path / name).write_text("body {}")
    settings.STATIC_ROOT = str(tmp_path)
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = False
    response = Client().get(f"/static/{name}")
    assert b"".join(response.streaming_content) == b"body {}"  # type: ignore[attr-defined]
    assert response.status_code == HTTPStatus.OK
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    if is_document:
        check(response)
