"""One function says who the client is: two clients behind one proxy never share a limit."""

from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from movies.models import User
from recsite.api.throttling import VisitorThrottle
from recsite.operations.clients import client_address, limit_key
from recsite.settings.proxies import trusted_proxies

PROXY = "10.0.0.9"
STRANGER, OTHER = "203.0.113.1", "203.0.113.2"
PASSWORD = "lovelace-1815"
NETWORKS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.fixture
def behind_proxy(settings: Settings) -> None:
    cache.clear()
    settings.TRUSTED_PROXIES = 1


def through_proxy(address: str, peer: str = PROXY) -> Client:
    return Client(REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=address)


def attempts(client: Client, name: str, n: int) -> int:
    """Make one request that the limit of this name counts, different each time; return the status."""
    match name:
        case "sign-in":
            return client.post(reverse("account_login"), {"login": f"nobody{n}", "password": "x"}).status_code
        case "sign-up":
            return client.post(reverse("account_signup"), {"username": "", "password1": ""}).status_code
        case "reset":
            return client.post(reverse("account_reset_password"), {"email": f"nobody{n}@example.org"}).status_code
        case "reset link":
            return client.post(reverse("account_reset_password_from_key", args=["1", "set-password"])).status_code
        case "API sign-in":
            body = {"username": f"nobody{n}", "password": "x"}
            return client.post("/api/v1/auth/login/", body, content_type="application/json").status_code
        case _:
            return client.get("/api/v1/genres/").status_code


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.usefixtures("behind_proxy")
@pytest.mark.parametrize("name", ["sign-in", "sign-up", "reset", "reset link", "API sign-in", "API"])
def test_a_limit_stops_one_client_and_no_other_behind_the_same_proxy(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VisitorThrottle, "THROTTLE_RATES", {"anon": "20/hour"})
    statuses = [attempts(through_proxy(STRANGER), name, n) for n in range(31)]
    assert statuses[0] != HTTPStatus.TOO_MANY_REQUESTS
    assert statuses[-1] == HTTPStatus.TOO_MANY_REQUESTS
    # An invented address in front of the one that the proxy appends changes nothing.
    assert attempts(through_proxy(f"198.51.100.7, {STRANGER}"), name, 31) == HTTPStatus.TOO_MANY_REQUESTS
    assert attempts(through_proxy(OTHER), name, 32) != HTTPStatus.TOO_MANY_REQUESTS


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.usefixtures("behind_proxy")
def test_ten_failed_sign_ins_of_a_stranger_lock_nobody_else_out(ada: User) -> None:
    for n in range(12):
        through_proxy(STRANGER).post(reverse("account_login"), {"login": f"nobody{n}", "password": "wrong"})
    right = {"login": "ada", "password": PASSWORD}
    assert through_proxy(STRANGER).post(reverse("account_login"), right).status_code == HTTPStatus.OK
    assert through_proxy(OTHER).post(reverse("account_login"), right).status_code == HTTPStatus.FOUND


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.usefixtures("behind_proxy")
def test_the_lock_of_a_name_holds_for_one_client(ada: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    settings.AXES_FAILURE_LIMIT = 3
    for _ in range(4):
        through_proxy(STRANGER).post(reverse("account_login"), {"login": "ada", "password": "wrong"})
    right = {"login": "ada", "password": PASSWORD}
    assert through_proxy(STRANGER).post(reverse("account_login"), right).status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert through_proxy(OTHER).post(reverse("account_login"), right).status_code == HTTPStatus.FOUND


@pytest.mark.django_db
@pytest.mark.database
def test_an_untrusted_peer_cannot_invent_clients(settings: Settings) -> None:
    cache.clear()
    settings.TRUSTED_PROXIES = NETWORKS
    peer = "192.0.2.66"
    statuses = [attempts(through_proxy(f"203.0.113.{n}", peer), "sign-in", n) for n in range(31)]
    assert statuses[-1] == HTTPStatus.TOO_MANY_REQUESTS
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True
    forged: dict[str, Any] = {"HTTP_X_FORWARDED_PROTO": "https"}
    assert Client(REMOTE_ADDR=peer).get("/movies/", **forged).status_code == HTTPStatus.MOVED_PERMANENTLY
    assert Client(REMOTE_ADDR=PROXY).get("/movies/", **forged).status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        (0, PROXY, STRANGER, PROXY),
        (1, PROXY, "", PROXY),
        (1, PROXY, STRANGER, STRANGER),
        (1, PROXY, f"{OTHER}, {STRANGER}", STRANGER),
        (2, PROXY, f"{OTHER}, {STRANGER}, 10.0.0.8", STRANGER),
        (2, PROXY, STRANGER, STRANGER),
        (1, PROXY, "<script>", PROXY),
        (1, PROXY, f"{STRANGER}:4711", STRANGER),
        (1, "", STRANGER, STRANGER),
        (1, PROXY, "[2001:db8::1]:443", "2001:db8::1"),
        (NETWORKS, PROXY, f"{OTHER}, {STRANGER}, 10.1.2.3", STRANGER),
        (NETWORKS, "::ffff:10.0.0.9", STRANGER, STRANGER),
        (NETWORKS, "fd00::1", STRANGER, STRANGER),
        (NETWORKS, "192.0.2.66", STRANGER, "192.0.2.66"),
        (NETWORKS, PROXY, "10.0.0.7", "10.0.0.7"),
        (NETWORKS, "", STRANGER, STRANGER),
        (NETWORKS, PROXY, f"{OTHER}, unknown", PROXY),
    ],
)
def test_the_client_is_the_first_address_that_no_trusted_proxy_has(
    settings: Settings, trusted: Any, peer: str, forwarded: str, client: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)) == client


def test_an_ipv6_network_is_one_client() -> None:
    keys = {limit_key(RequestFactory().get("/", REMOTE_ADDR=f"2001:db8::{n}")) for n in range(1, 9)}
    assert keys == {"2001:db8::"}


@pytest.mark.parametrize(
    ("text", "behind_proxy", "trusted"),
    [
        ("", False, 0),
        ("", True, 1),
        ("2", True, 2),
        ("0", True, 0),
        ("10.0.0.0/8, fd00::/8", False, NETWORKS),
    ],
)
def test_proxies_are_trusted_by_number_or_network(text: str, behind_proxy: bool, trusted: Any) -> None:
    assert trusted_proxies(text, behind_proxy=behind_proxy) == trusted


@pytest.mark.parametrize("text", ["-1", "100", "proxy.example.org", "10.0.0.1/8"])
def test_a_wrong_proxy_stops_the_start(text: str) -> None:
    read: Callable[..., object] = trusted_proxies
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        read(text, behind_proxy=False)
