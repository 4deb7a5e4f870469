"""A stranger does not learn whether an account, an address or an invitation exists: not from words, status or work."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from movies import watch_groups
from movies.models import User
from movies.sign_in.backends import account_of

pytestmark = [pytest.mark.django_db, pytest.mark.database]
PASSWORD = "gondola-4711-blue"
hashings: list[str] = []


class CountingHasher(MD5PasswordHasher):
    """Record each hashing, which takes most of the time of a login."""

    def encode(self, password: str, salt: str) -> str:
        hashings.append(password)
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def counting(settings: Settings) -> None:
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = False
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]


@pytest.fixture(params=["optional", "none"])
def mails(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Whether the site sends mails."""
    settings.ACCOUNT_EMAIL_VERIFICATION = request.param
    return str(request.param)


@pytest.fixture
def imported(db: None) -> User:
    """A MovieLens user, who cannot log in."""
    user = User(username="movielens-7", movielens_id=7, is_active=False)
    user.set_unusable_password()
    user.save()
    return user


def seen(response: Any, *typed: str) -> tuple[Any, ...]:
    """What the answer tells: all but the texts that the client sent, tokens of forms and ids of requests."""
    body = response.content.decode()
    for text in typed:
        body = body.replace(text, "…")
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body)
    return response.status_code, response.headers.get("Location"), body, sorted(response.cookies)


def work(request: Callable[[], Any], *typed: str) -> tuple[Any, ...]:
    """What the answer tells, and how many passwords were hashed and mails sent for it."""
    hashings.clear()
    mail.outbox.clear()
    return (*seen(request(), *typed), len(hashings), len(mail.outbox))


@pytest.mark.parametrize("login", ["ada", "ada@example.org", "movielens-7"])
def test_a_failed_login_tells_nothing(ada: User, imported: User, login: str) -> None:
    unknown = "bob@example.org" if "@" in login else "bob"

    def page(name: str) -> tuple[Any, ...]:
        return work(lambda: Client().post(reverse("account_login"), {"login": name, "password": PASSWORD}), name)

    def api(name: str) -> tuple[Any, ...]:
        body = {"username": name, "password": PASSWORD}
        return work(lambda: Client().post(reverse("api-v1:login"), body, content_type="application/json"), name)

    for attempt in (page, api):
        assert attempt(login) == attempt(unknown)
        assert attempt(login)[-2:] == (1, 0)


def test_accounts_that_share_an_address_cost_one_hashing(ada: User) -> None:
    eve = User.objects.create_user("eve", password="eve-1234-eve")
    EmailAddress.objects.create(user=eve, email="ada@example.org")
    post = {"login": "ada@example.org", "password": PASSWORD}
    assert work(lambda: Client().post(reverse("account_login"), post))[-2] == 1


def test_nobody_takes_a_name_that_means_another_account(ada: User) -> None:
    post = {"username": "ada@example.org", "email": "", "password1": PASSWORD}
    assert "cannot contain" in Client().post(reverse("account_signup"), post).content.decode()
    eve = User.objects.create_user("eve", email="eve@example.org")
    EmailAddress.objects.create(user=eve, email="eve@example.org", verified=True, primary=True)
    older = User.objects.create_user("eve@example.org")
    assert account_of("eve@example.org") == eve
    EmailAddress.objects.update(verified=False)
    assert account_of("eve@example.org") == older
    assert account_of("EVE") == eve
    assert account_of("nobody") is account_of("") is None


def test_names_without_an_account_are_locked_out_too(ada: User, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    for name in ("ada", "bob"):
        post = {"login": name, "password": PASSWORD}
        statuses = [Client().post(reverse("account_login"), post).status_code for _ in range(4)]
        assert statuses == [HTTPStatus.OK] * 2 + [HTTPStatus.TOO_MANY_REQUESTS] * 2


def test_signing_up_does_not_tell_whether_an_address_is_known(ada: User, mails: str) -> None:
    def sign_up(name: str, address: str) -> tuple[Any, ...]:
        post = {"username": name, "email": address, "password1": PASSWORD}
        return work(lambda: Client().post(reverse("account_signup"), post), name, address)

    known, unknown = sign_up("first", "ada@example.org"), sign_up("second", "bob@example.org")
    assert known == unknown
    assert known[0] == HTTPStatus.FOUND
    assert User.objects.filter(username__in=("first", "second")).count() == 2


def test_a_stranger_with_the_same_address_gains_nothing(ada: User, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    post = {"username": "mallory", "email": "ada@example.org", "password1": PASSWORD}
    Client().post(reverse("account_signup"), post)
    client = Client()
    client.post(reverse("account_login"), {"login": "ada@example.org", "password": "lovelace-1815"})
    assert client.get("/api/v1/me/").json()["username"] == "ada"


def test_a_reset_does_not_tell_whether_an_address_is_known(ada: User) -> None:
    def reset(address: str) -> tuple[Any, ...]:
        return work(lambda: Client().post(reverse("account_reset_password"), {"email": address}), address)

    assert reset("ada@example.org") == reset("bob@example.org")
    assert reset("ada@example.org")[-2:] == (0, 1)


def test_a_link_that_resets_does_not_tell_whether_its_account_exists(ada: User) -> None:
    def follow(uid: str) -> tuple[Any, ...]:
        address = reverse("account_reset_password_from_key", args=[uid, "cxq1-0123456789abcdef"])
        return work(lambda: Client().get(address), address)

    assert follow("1") == follow("zzz")


def test_changing_to_a_known_address_looks_like_any_other_change(ada: User, mails: str) -> None:
    User.objects.create_user("bob", email="bob@example.org")

    def change(address: str) -> tuple[Any, ...]:
        client = Client()
        client.force_login(ada)
        post = {"action_add": "", "email": address, "password": "lovelace-1815"}
        return work(lambda: client.post(reverse("account_email"), post), address)

    ada.set_password("lovelace-1815")
    ada.save()
    assert change("bob@example.org") == change("carol@example.org")


def test_invitations_and_groups_of_others_look_like_none(ada: User, client: Client) -> None:
    group = watch_groups.start_group(ada)
    assert group.invitation
    for known, unknown in ((str(group.invitation), "x" * len(group.invitation)),):
        addresses = [reverse("recommendations:join", args=[text]) for text in (known, unknown)]
        first, second = (seen(client.get(address), address, address.replace("/", "%2F")) for address in addresses)
        assert first[0] == second[0] == HTTPStatus.FOUND
        assert [str(part[1]).replace(text, "…") for part, text in ((first, known), (second, unknown))] == [
            "/accounts/login/?next=/together/join/…/"
        ] * 2
    client.force_login(User.objects.create_user("stranger"))
    for name in ("group", "leave-group", "invitation"):
        method = client.get if name == "group" else client.post
        answers = [seen(method(reverse(f"recommendations:{name}", args=[pk]))) for pk in (group.pk, group.pk + 1)]
        assert answers[0] == answers[1]
        assert answers[0][0] == HTTPStatus.NOT_FOUND


def test_a_taken_username_is_named_and_attempts_are_limited(ada: User, settings: Settings) -> None:
    """Two accounts cannot share a name, so the form must say so; the limit makes lists of names slow to try."""
    settings.ACCOUNT_RATE_LIMITS = {"signup": "3/m/ip"}
    post = {"username": "ada", "email": "", "password1": PASSWORD}
    statuses = [Client().post(reverse("account_signup"), post).status_code for _ in range(4)]
    assert statuses == [HTTPStatus.OK] * 3 + [HTTPStatus.TOO_MANY_REQUESTS]
