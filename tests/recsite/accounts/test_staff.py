"""Staff: a second factor if the site demands it, sessions that end when idle, longer passwords."""

from collections.abc import Callable
from http import HTTPStatus

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from knox.models import AuthToken
from pytest_django import Settings

from movies.models import User
from recsite.api.models import ServiceToken
from recsite.settings.sign_in import idle_minutes
from tests.recsite.accounts.factors import PASSWORD, App, is_signed_in, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.database]
SHORT = "eleven-char"
LONG = "twelve-chars"
RUNS = "/api/v1/runs/"


@pytest.fixture(autouse=True)
def no_rate_limits(settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture
def operator(ada: User) -> User:
    ada.is_staff = True
    ada.save()
    ada.groups.add(Group.objects.get(name="Model operator"))
    return ada


@pytest.fixture
def demanded(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = True


def by_token(token: str) -> int:
    return Client().get(RUNS, headers={"authorization": f"Token {token}"}).status_code


# The second factor


def test_staff_need_no_factor_by_default(operator: User) -> None:
    staff = sign_in()
    assert staff.get(reverse("admin:index")).status_code == HTTPStatus.OK
    assert staff.get(RUNS).status_code == HTTPStatus.OK


@pytest.mark.parametrize("name", ["index", "movies_user_changelist", "recommendations_progress", "jsi18n"])
def test_staff_without_a_factor_are_led_to_its_page(operator: User, demanded: None, app: App, name: str) -> None:
    staff = sign_in()
    response = staff.get(reverse(f"admin:{name}"), follow=True)
    assert reverse("mfa_activate_totp") in [address for address, _ in response.redirect_chain]
    assert is_signed_in(staff), "what members may do stays open"
    app.set_up(staff)
    assert staff.get(reverse(f"admin:{name}")).status_code < 400


def test_the_staff_api_takes_a_factor(operator: User, demanded: None, app: App) -> None:
    staff = sign_in()
    _, token = AuthToken.objects.create(user=operator)
    refused = staff.get(RUNS)
    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert "second factor" in refused.json()["errors"][0]["detail"]
    assert by_token(token) == HTTPStatus.FORBIDDEN
    assert staff.get("/api/v1/me/").status_code == HTTPStatus.OK
    app.set_up(staff)
    assert staff.get(RUNS).status_code == HTTPStatus.OK
    assert by_token(token) == HTTPStatus.UNAUTHORIZED, "the factor revoked it"
    body = {"username": "ada", "password": PASSWORD, "code": app.next_code()}
    token = Client().post("/api/v1/auth/login/", body, "application/json").json()["token"]
    assert by_token(token) == HTTPStatus.OK


def test_a_session_from_before_the_factor_signs_in_again(operator: User, demanded: None, app: App) -> None:
    older = sign_in()
    app.set_up(sign_in())
    assert older.get(RUNS).status_code == HTTPStatus.FORBIDDEN
    response = older.get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0] == f"{reverse('account_login')}?next={reverse('admin:index')}"
    assert not is_signed_in(older)
    assert sign_in(code=app.next_code()).get(reverse("admin:index")).status_code == HTTPStatus.OK


def test_a_removed_factor_is_demanded_again(operator: User, demanded: None, app: App) -> None:
    staff = sign_in()
    app.set_up(staff)
    Authenticator.objects.all().delete()
    assert staff.get(RUNS).status_code == HTTPStatus.FORBIDDEN


def test_staff_cannot_turn_theirs_off(operator: User, demanded: None, app: App, settings: Settings) -> None:
    staff = sign_in()
    app.set_up(staff)
    page = reverse("mfa_deactivate_totp")
    assert "You cannot turn yours off" in staff.get(page).content.decode()
    staff.post(page)
    assert Authenticator.objects.filter(type="totp").exists()
    settings.STAFF_SECOND_FACTOR = False
    staff.post(page)
    assert not Authenticator.objects.exists()


def test_services_and_members_are_not_asked(operator: User, demanded: None) -> None:
    boss = User.objects.create_superuser("boss")
    instance, token = AuthToken.objects.create(user=boss)
    ServiceToken.objects.create(name="monitor", token=instance, scopes=["models"])
    assert by_token(token) == HTTPStatus.OK
    operator.is_staff = False
    operator.save()
    assert is_signed_in(sign_in())


# Idle sessions


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A function that moves the clock of staff sessions by minutes."""
    now = [1_800_000_000.0]
    monkeypatch.setattr("recsite.accounts.staff_sessions.time.time", lambda: now[0])

    def move(minutes: float) -> None:
        now[0] += 60 * minutes

    return move


def test_an_idle_session_of_staff_ends(operator: User, later: Callable[[float], None]) -> None:
    staff = Client()
    staff.force_login(operator)
    for minutes in (0, 59, 59, 0.5, 59.9):
        later(minutes)
        assert is_signed_in(staff)
    later(61)
    response = staff.get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))
    assert "because you were idle" in response.content.decode()
    assert not Session.objects.exists(), "nothing of it is left"


def test_a_form_sent_after_the_session_ended_changes_nothing(operator: User, later: Callable[[float], None]) -> None:
    staff = Client()
    staff.force_login(operator)
    staff.get(RUNS)
    later(62)
    assert staff.post(reverse("movies:predictions"), {"shown": "no"}).status_code == HTTPStatus.FOUND
    assert User.objects.get(pk=operator.pk).shows_predictions
    assert staff.get(RUNS).status_code == HTTPStatus.UNAUTHORIZED


def test_pages_that_update_themselves_keep_no_session_alive(operator: User, later: Callable[[float], None]) -> None:
    staff = Client()
    staff.force_login(operator)
    progress = reverse("admin:recommendations_progress")
    assert staff.get(progress).status_code == HTTPStatus.OK
    for _ in range(6):
        later(10)
        staff.get(progress, headers={"X-Poll": "on"})
    later(2)
    assert not is_signed_in(staff)


def test_members_and_a_limit_of_none_stay(
    ada: User, member: Client, later: Callable[[float], None], settings: Settings
) -> None:
    is_signed_in(member)
    later(10_000)
    assert is_signed_in(member)
    ada.is_staff = True
    ada.save()
    settings.STAFF_IDLE_MINUTES = 0
    later(10_000)
    assert is_signed_in(member)


def test_requests_within_a_minute_write_nothing(operator: User, later: Callable[[float], None]) -> None:
    staff = Client()
    staff.force_login(operator)

    def writes() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            staff.get("/api/v1/me/")
        return sum("UPDATE" in query["sql"] and "django_session" in query["sql"] for query in queries)

    counted = []
    for minutes in (0, 0.3, 0.3, 0.5, 0.2):
        later(minutes)
        counted.append(writes())
    assert counted == [1, 0, 0, 1, 0]


def test_the_limit_is_a_number_of_minutes() -> None:
    assert idle_minutes(0) == 0
    with pytest.raises(ImproperlyConfigured, match="STAFF_IDLE_MINUTES is -1"):
        idle_minutes(-1)


# Passwords


def create_superuser(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    call_command("createsuperuser", interactive=False, username="boss", email="boss@example.org", verbosity=0)


def test_createsuperuser_takes_twelve_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="at least 12 characters"):
        create_superuser(SHORT, monkeypatch)
    assert not User.objects.filter(username="boss").exists()
    create_superuser(LONG, monkeypatch)
    assert User.objects.get(username="boss").check_password(LONG)


def by_page(client: Client, user: User, new: str) -> None:
    old = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    client.post(reverse("account_change_password"), old)


def by_admin(client: Client, user: User, new: str) -> None:
    boss = Client()
    boss.force_login(User.objects.create_superuser(f"boss-{new}"))
    page = reverse("admin:auth_user_password_change", args=[user.pk])
    boss.post(page, {"password1": new, "password2": new, "usable_password": "true"})


def by_reset(client: Client, user: User, new: str) -> None:
    visitor = Client()
    visitor.post(reverse("account_reset_password"), {"email": user.email})
    link = next(word for word in str(mail.outbox[-1].body).split() if "/password/reset/key/" in word)
    form = visitor.get(link, follow=True).redirect_chain[-1][0]
    visitor.post(form, {"password1": new, "password2": new})


def by_command(client: Client, user: User, new: str) -> None:
    call_command("changepassword", user.username, verbosity=0)


@pytest.mark.parametrize("change", [by_page, by_reset, by_admin, by_command])
@pytest.mark.parametrize("is_staff", [False, True])
def test_a_new_password_of_staff_has_twelve_characters(
    ada: User, monkeypatch: pytest.MonkeyPatch, change: Callable[[Client, User, str], None], *, is_staff: bool
) -> None:
    ada.is_staff = is_staff
    ada.save()
    for new, accepted in ((SHORT, not is_staff), (LONG, True)):
        client = Client()
        client.force_login(ada)
        monkeypatch.setattr("getpass.getpass", lambda *_, new=new, **__: new)
        try:
            change(client, ada, new)
        except CommandError:
            assert not accepted
        ada.refresh_from_db()
        assert ada.check_password(new) == accepted
        ada.set_password(PASSWORD)
        ada.save()
