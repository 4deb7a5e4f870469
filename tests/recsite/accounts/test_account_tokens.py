"""Tokens end with what they rest on; sensitive changes ask for the password and inform the owner."""

from collections.abc import Sequence
from http import HTTPStatus
from importlib import import_module
from smtplib import SMTPServerDisconnected

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken
from pytest_django import Settings

from movies.models import User
from recsite.api.models import ServiceToken, TokenUse

pytestmark = [pytest.mark.django_db, pytest.mark.database]
PASSWORD = "lovelace-1815"
NEW = "analytical-engine-9"


class BrokenBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise SMTPServerDisconnected("the server is gone")


@pytest.fixture(autouse=True)
def no_rate_limits(settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = False


def status(token: str, path: str = "/api/v1/me/") -> int:
    return Client().get(path, headers={"authorization": f"Token {token}"}).status_code


def by_page(ada: User, member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    member.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})


def by_reset(ada: User, member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Client()
    visitor.post(reverse("account_reset_password"), {"email": ada.email})
    link = next(word for word in str(mail.outbox[-1].body).split() if "/password/reset/key/" in word)
    form = visitor.get(link, follow=True).redirect_chain[-1][0]
    visitor.post(form, {"password1": NEW, "password2": NEW})


def by_command(ada: User, member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda *args, **kwargs: NEW)
    call_command("changepassword", "ada", verbosity=0)


def by_admin(ada: User, member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss"))
    page = reverse("admin:auth_user_password_change", args=[ada.pk])
    boss.post(page, {"password1": NEW, "password2": NEW, "usable_password": "true"})


@pytest.mark.parametrize("change", [by_page, by_reset, by_command, by_admin])
def test_a_new_password_ends_all_tokens(
    change: object, ada: User, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = AuthToken.objects.create(user=ada)
    assert status(token) == HTTPStatus.OK
    change(ada, member, monkeypatch)  # type: ignore[operator]
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert status(token) == HTTPStatus.UNAUTHORIZED


def test_confirming_an_address_elsewhere_ends_the_tokens_of_whoever_registered_it(ada: User, member: Client) -> None:
    address = EmailAddress.objects.create(user=ada, email=ada.email, primary=True)
    _, token = AuthToken.objects.create(user=ada)
    Client().post(reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key]))
    assert status(token) == HTTPStatus.UNAUTHORIZED


def test_tokens_are_listed_with_their_last_use_and_revoked_one_by_one(ada: User, member: Client) -> None:
    instance, token = AuthToken.objects.create(user=ada)
    others, _ = AuthToken.objects.create(user=User.objects.create_user("eve"))
    assert "not used yet" in member.get(reverse("account-tokens")).content.decode()
    status(token)
    assert TokenUse.objects.get().token == instance
    assert "last used" in member.get(reverse("account-tokens")).content.decode()
    revoke = reverse("account-revoke-token")
    assert member.post(revoke, {"token": others.digest}).status_code == HTTPStatus.NOT_FOUND
    member.post(revoke, {"token": instance.digest})
    assert list(AuthToken.objects.all()) == [others]


def test_a_new_token_is_announced_to_the_account(ada: User) -> None:
    body = {"username": "ada", "password": PASSWORD}
    assert Client().post("/api/v1/auth/login/", body, "application/json").status_code == HTTPStatus.CREATED
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]


def test_a_mail_server_that_fails_does_not_fail_the_change(ada: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "tests.recsite.accounts.test_account_tokens.BrokenBackend"
    EmailAddress.objects.create(user=ada, email=ada.email, primary=True, verified=True)
    credentials = {"username": "ada", "password": "lovelace-1815"}
    assert Client().post("/api/v1/auth/login/", credentials, "application/json").status_code == HTTPStatus.CREATED


def test_a_new_address_takes_the_password_and_is_announced_to_the_old_one(
    ada: User, member: Client, settings: Settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    EmailAddress.objects.create(user=ada, email=ada.email, primary=True, verified=True)
    form = {"email": "new@example.org", "action_add": ""}
    member.post(reverse("account_email"), form)
    assert "not your password" in member.post(reverse("account_email"), {**form, "password": "x"}).content.decode()
    assert AccessAttempt.objects.exists(), "guesses count as failed logins"
    assert not EmailAddress.objects.filter(email="new@example.org").exists()
    member.post(reverse("account_email"), {**form, "password": PASSWORD})
    pending = EmailAddress.objects.get(email="new@example.org")
    member.post(reverse("account_confirm_email", args=[EmailConfirmationHMAC(pending).key]))
    ada.refresh_from_db()
    assert ada.email == "new@example.org"
    assert ["ada@example.org"] in [message.to for message in mail.outbox]


def test_deletion_takes_the_password_and_is_announced(ada: User, member: Client) -> None:
    for password in ("", "wrong"):
        member.post(reverse("movies:leave"), {"name": "ada", "password": password})
        assert User.objects.filter(username="ada").exists()
    member.post(reverse("movies:leave"), {"name": "ada", "password": PASSWORD})
    assert not User.objects.filter(username="ada").exists()
    assert [(message.to, message.subject.split("] ")[-1]) for message in mail.outbox] == [
        (["ada@example.org"], "Your account has been deleted")
    ]


def test_a_service_token_takes_the_password_expires_and_falls_with_its_makers_right() -> None:
    maker = User.objects.create_user("maker", password=PASSWORD, is_staff=True)
    maker.user_permissions.set(Permission.objects.filter(codename__in=["add_servicetoken", "view_servicetoken"]))
    client = Client()
    client.force_login(maker)
    address = reverse("admin:api_servicetoken_add")
    form = {"name": "shop", "scopes": ["models"], "days": 30}
    for wrong in ({}, {"password": "guess"}, {"password": PASSWORD, "days": 9999}):
        assert client.post(address, {**form, **wrong}).status_code == HTTPStatus.OK
        assert not ServiceToken.objects.exists()
    page = client.post(address, {**form, "password": PASSWORD}, follow=True).content.decode()
    token = page.partition("shown only once: ")[2][:64]
    assert ServiceToken.objects.get().token.expiry
    assert status(token, "/api/v1/versions/") == HTTPStatus.OK
    maker.user_permissions.clear()
    assert status(token, "/api/v1/versions/") == HTTPStatus.UNAUTHORIZED


def test_service_tokens_that_never_expired_get_a_year(ada: User) -> None:
    instance, _ = AuthToken.objects.create(user=ada, expiry=None)
    ServiceToken.objects.create(name="shop", token=instance, scopes=[])
    import_module("recsite.api.migrations.0003_service_tokens_expire").expire(apps, None)
    instance.refresh_from_db()
    assert instance.expiry
