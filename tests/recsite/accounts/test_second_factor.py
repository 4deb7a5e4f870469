"""A second factor: set up with the password, asked for at every sign-in, limited, and gone without a trace."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken
from pytest_django import Settings

from movies.models import User
from recommendations.backups.rows import kept_models
from recsite.accounts.forms import CODES_PER_HOUR
from recsite.api.models import ServiceToken
from tests.recsite.accounts.factors import PASSWORD, App, is_signed_in, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def no_rate_limits(settings: Settings) -> None:
    """Test the site's own limits, which hold in the database."""
    settings.ACCOUNT_RATE_LIMITS = False


def log_in(**fields: str) -> tuple[int, Any]:
    response = Client().post(
        "/api/v1/auth/login/", {"username": "ada", "password": PASSWORD, **fields}, "application/json"
    )
    return response.status_code, response.json()


def test_a_factor_takes_the_password_and_a_code_and_is_announced(ada: User, member: Client, app: App) -> None:
    page = reverse("mfa_activate_totp")
    assert member.get(page).headers["Location"].startswith(reverse("account_reauthenticate"))
    app.scan(member)
    shown = member.get(page).content.decode()
    assert 'src="data:image/svg+xml;base64,' in shown
    app.scan(member)
    refused = member.post(page, {"code": app.wrong_code()}).content.decode()
    assert "This code is wrong" in refused
    assert app.key in refused, "the key stays until a code fits"
    codes = app.set_up(member)
    assert len(set(codes)) == 10
    assert {message.subject.split("] ")[-1] for message in mail.outbox} == {"Authenticator App Activated"}
    assert "On: signing in takes a code" in member.get(reverse("movies:account")).content.decode()
    assert member.get(reverse("mfa_download_recovery_codes")).content.decode().split() == codes


def test_secrets_are_encrypted(ada: User, member: Client, app: App, settings: Settings) -> None:
    codes = app.set_up(member)
    stored = str(list(Authenticator.objects.values("data")))
    assert app.key not in stored
    assert not any(code in stored for code in codes)
    settings.SECRET_KEY = "another"
    for code in (app.next_code(), codes[0], ""):
        assert not is_signed_in(sign_in(code=code))


def test_signing_in_takes_a_code_that_was_not_used(ada: User, member: Client, app: App) -> None:
    codes = app.set_up(member)
    assert not is_signed_in(sign_in())
    assert not is_signed_in(sign_in(code=app.wrong_code()))
    code = app.next_code()
    assert is_signed_in(sign_in(code=code))
    assert not is_signed_in(sign_in(code=code))
    assert is_signed_in(sign_in(code=codes[0]))
    assert not is_signed_in(sign_in(code=codes[0]))


def test_the_code_page_is_for_those_who_gave_the_password(ada: User, member: Client, app: App) -> None:
    app.set_up(member)
    assert Client().get(reverse("mfa_authenticate")).headers["Location"] == reverse("account_login")
    client = sign_in()
    assert "Enter your code" in client.get(reverse("mfa_authenticate")).content.decode()
    assert client.post(reverse("mfa_authenticate"), {}).status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    assert not is_signed_in(client)
    cancelled = client.post(reverse("account_logout"), {"next": reverse("account_login")})
    assert cancelled.headers["Location"] == reverse("account_login")
    assert client.get(reverse("mfa_authenticate")).headers["Location"] == reverse("account_login")


def test_codes_are_limited_per_account_in_the_database(ada: User, member: Client, app: App, settings: Settings) -> None:
    app.set_up(member)
    settings.REDIS_URL = "redis://127.0.0.1:1"
    client = sign_in()
    for _ in range(CODES_PER_HOUR):
        client.post(reverse("mfa_authenticate"), {"code": app.wrong_code()})
    assert not is_signed_in(sign_in(code=app.next_code()))
    settings.REDIS_URL = ""
    status, body = log_in(code=app.next_code())
    assert status == HTTPStatus.TOO_MANY_REQUESTS
    assert body["errors"][0]["code"] == "throttled"


def test_a_token_takes_a_code_too(ada: User, member: Client, app: App) -> None:
    assert log_in()[0] == HTTPStatus.CREATED
    codes = app.set_up(member)
    for fields, code in (
        ({}, "code_required"),
        ({"code": app.wrong_code()}, "code_wrong"),
        ({"password": "wrong", "code": app.code()}, "authentication_failed"),
    ):
        status, body = log_in(**fields)
        assert (status, body["errors"][0]["code"]) == (HTTPStatus.UNAUTHORIZED, code)
    assert not AuthToken.objects.exists()
    code = app.next_code()
    assert log_in(code=code)[0] == HTTPStatus.CREATED
    assert log_in(code=code)[0] == HTTPStatus.UNAUTHORIZED
    assert log_in(code=codes[3])[0] == HTTPStatus.CREATED
    assert log_in(code=codes[3])[0] == HTTPStatus.UNAUTHORIZED
    assert Authenticator.objects.get(type="totp").last_used_at


def test_a_new_factor_ends_tokens_made_without_it_but_not_those_of_services(
    ada: User, member: Client, app: App
) -> None:
    service, _ = AuthToken.objects.create(user=ada)
    ServiceToken.objects.create(name="shop", token=service, scopes=[])
    AuthToken.objects.create(user=ada)
    app.set_up(member)
    assert list(AuthToken.objects.all()) == [service]


def test_turning_it_off_takes_the_password_and_is_announced(ada: User, app: App) -> None:
    member = sign_in()
    app.set_up(member)
    later = sign_in(code=app.next_code())
    page = reverse("mfa_deactivate_totp")
    assert later.post(page).headers["Location"].startswith(reverse("account_reauthenticate"))
    by_code = later.post(f"{reverse('mfa_reauthenticate')}?next={page}", {"code": app.next_code()})
    assert by_code.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert later.get(page).status_code == HTTPStatus.FOUND
    later.post(f"{reverse('account_reauthenticate')}?next={page}", {"password": PASSWORD})
    later.post(page)
    assert not Authenticator.objects.exists()
    assert mail.outbox[-1].subject.endswith("Authenticator App Deactivated")
    assert is_signed_in(sign_in())


def test_new_recovery_codes_replace_the_old_ones(ada: User, member: Client, app: App) -> None:
    old = app.set_up(member)
    member.post(reverse("mfa_generate_recovery_codes"))
    assert mail.outbox[-1].subject.endswith("New Recovery Codes Generated")
    new = member.get(reverse("mfa_download_recovery_codes")).content.decode().split()
    assert not set(old) & set(new)
    assert not is_signed_in(sign_in(code=old[0]))
    assert is_signed_in(sign_in(code=new[0]))


def test_an_address_is_confirmed_first_and_can_change_later(
    ada: User, member: Client, app: App, settings: Settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    address = EmailAddress.objects.create(user=ada, email=ada.email, primary=True)
    page = reverse("mfa_activate_totp")
    member.post(f"{reverse('account_reauthenticate')}?next={page}", {"password": PASSWORD})
    assert "Confirm your email address first" in member.get(page).content.decode()
    member.post(page, {"code": "000000"})
    assert not Authenticator.objects.exists()
    EmailAddress.objects.filter(pk=address.pk).update(verified=True)
    assert app.set_up(member)
    new = {"email": "new@example.org", "password": PASSWORD, "action_add": ""}
    member.post(reverse("account_email"), new)
    assert EmailAddress.objects.filter(email="new@example.org").exists()


def test_an_administrator_removes_a_lost_factor_without_seeing_it(ada: User, member: Client, app: App) -> None:
    app.set_up(member)
    admin = Client()
    boss = User.objects.create_superuser("boss")
    admin.force_login(boss)
    factor = Authenticator.objects.get(type="totp")
    own = Authenticator.objects.create(user=boss, type="totp", data={"secret": "x"})
    page = admin.get(reverse("admin:mfa_authenticator_change", args=[factor.pk])).content.decode()
    assert "totp" in page.lower()
    assert factor.data["secret"] not in page
    assert admin.get(reverse("admin:mfa_authenticator_changelist")).status_code == HTTPStatus.OK
    assert admin.post(reverse("admin:mfa_authenticator_delete", args=[own.pk]), {"post": "yes"}).status_code == 403
    admin.post(reverse("admin:mfa_authenticator_delete", args=[factor.pk]), {"post": "yes"})
    assert list(Authenticator.objects.all()) == [own]
    assert "An administrator removed" in str(mail.outbox[-1].body)
    assert is_signed_in(sign_in())


def test_the_export_names_factors_without_secrets_and_deletion_erases_them(app: App) -> None:
    ada = User.objects.create_user("ada", password=PASSWORD, pk=1_000_000)
    member = sign_in()
    codes = app.set_up(member)
    assert Authenticator in kept_models(), "backups keep them"
    text = member.get("/account/recsite.json").content.decode()
    assert [factor["kind"] for factor in json.loads(text)["second_factors"]] == ["totp", "recovery_codes"]
    assert app.key not in text
    assert Authenticator.objects.earliest("pk").data["secret"] not in text
    assert codes[0] not in text
    half_signed_in = sign_in().session.session_key
    ada.delete()
    assert not Authenticator.objects.exists()
    assert not Session.objects.filter(session_key=half_signed_in).exists()
