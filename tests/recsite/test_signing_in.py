"""Lockout after failed logins, on the site, in the admin and in the API."""

from http import HTTPStatus

import pytest
from axes.models import AccessAttempt
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.throttling import BaseThrottle

from movies.accounts import name_tried
from movies.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.database]
PASSWORD = "lovelace-1815"


@pytest.fixture(autouse=True)
def low_limit(settings: Settings) -> None:
    cache.clear()
    settings.AXES_FAILURE_LIMIT = 3
    settings.ACCOUNT_RATE_LIMITS = False


def sign_in(password: str, address: str = "10.0.0.1", name: str = "ada") -> int:
    post = {"login": name, "password": password}
    return Client(REMOTE_ADDR=address).post(reverse("account_login"), post).status_code


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.org"])
def test_further_attempts_are_locked_out_even_with_the_right_password(ada: User, name: str) -> None:
    assert [sign_in("wrong", name=name) for _ in range(3)][:2] == [HTTPStatus.OK] * 2
    assert sign_in(PASSWORD, name=name) == HTTPStatus.TOO_MANY_REQUESTS
    assert AccessAttempt.objects.get().failures_since_start >= 3


def test_the_owner_is_not_locked_out_by_attempts_from_another_address(ada: User) -> None:
    for _ in range(5):
        sign_in("wrong", "10.6.6.6")
    assert sign_in(PASSWORD, "10.0.0.1") == HTTPStatus.FOUND


def test_a_success_resets_the_failures(ada: User) -> None:
    for _ in range(3):
        assert [sign_in("wrong"), sign_in("wrong"), sign_in(PASSWORD)][-1] == HTTPStatus.FOUND


def test_the_admin_uses_the_same_login() -> None:
    response = Client().get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_the_api_counts_failures_too(ada: User) -> None:
    client = APIClient(REMOTE_ADDR="10.0.0.1")
    body = {"username": "ada", "password": "wrong"}
    for _ in range(2):
        assert client.post("/api/v1/auth/login/", body).status_code == HTTPStatus.UNAUTHORIZED
    client.post("/api/v1/auth/login/", body)
    locked = client.post("/api/v1/auth/login/", {**body, "password": PASSWORD})
    assert locked.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert locked.json()["errors"][0]["code"] == "throttled"
    assert sign_in(PASSWORD) == HTTPStatus.TOO_MANY_REQUESTS


def test_a_forged_forwarded_address_is_ignored(settings: Settings) -> None:
    request = APIRequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.2.3.4, 5.6.7.8")
    assert BaseThrottle().get_ident(request) == "10.0.0.1"
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    assert BaseThrottle().get_ident(request) == "5.6.7.8"


@pytest.mark.parametrize("name", ["ada ", "ＡＤＡ", " Ada"])
def test_names_are_counted_in_their_normal_form(name: str) -> None:
    request = RequestFactory().post("/", {"login": name})
    assert name_tried(request) == "ada"
