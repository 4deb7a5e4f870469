"""Nobody shares a name or an address with another account, and nobody locks another person out."""

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from threading import Barrier

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from movies.accounts import AccountAdapter
from movies.models import User

PASSWORD = "lovelace-1815"
SAME = ("ada", "ADA", "Ａda", "aDa")
SIGN_UP = {"username": "Ａda", "email": "", "password1": "lovelace-1815"}

CHANGE = {"username": "bob", "email": "ada@EXAMPLE.org", "is_active": "on"}


@pytest.fixture(autouse=True)
def no_failures_yet(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")
    cache.clear()


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.parametrize("name", SAME)
def test_the_database_refuses_a_second_account_with_the_name(ada: User, name: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(username=name)])
    with pytest.raises(IntegrityError), transaction.atomic():
        User(username=name).save()


@pytest.mark.django_db
@pytest.mark.database
def test_the_database_refuses_a_second_account_with_the_address(ada: User) -> None:
    bob = User.objects.create_user("bob", "bob@example.org")
    bob.email = "Ada@Example.org"
    with pytest.raises(IntegrityError), transaction.atomic():
        bob.save(update_fields=["email"])
    User.objects.create_user("carl")
    User.objects.create_user("dora")


@pytest.mark.django_db
@pytest.mark.database
def test_a_renamed_account_frees_its_name(ada: User) -> None:
    ada.username = "countess"
    ada.save(update_fields=["username"])
    assert User.objects.create_user("ada").username_key == "ada"


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.parametrize("name", SAME)
def test_commands_say_that_a_name_is_taken(ada: User, name: str) -> None:
    with pytest.raises(CommandError, match="username is already taken"):
        call_command("createsuperuser", "--no-input", "--username", name, "--email", "")
    with pytest.raises(CommandError, match="email address already exists"):
        call_command("createsuperuser", "--no-input", "--username", "new", "--email", "ADA@example.org")
    with pytest.raises(ValidationError):
        User.objects.create_user(name)


@pytest.mark.django_db
@pytest.mark.database
def test_sign_up_says_that_a_name_is_taken(ada: User) -> None:
    page = Client().post(reverse("account_signup"), SIGN_UP)
    assert page.status_code == HTTPStatus.OK
    assert "already exists" in page.content.decode()
    assert User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.database
def test_the_admin_says_what_is_taken(ada: User) -> None:
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss"))
    page = boss.post(
        reverse("admin:movies_user_add"),
        {"username": "Ａda", "usable_password": "true", "password1": "babbage-1791", "password2": "babbage-1791"},
    )
    assert "already exists" in page.content.decode()
    bob = User.objects.create_user("bob")
    page = boss.post(reverse("admin:movies_user_change", args=[bob.pk]), CHANGE)
    assert "email address already exists" in page.content.decode()


@pytest.mark.django_db
@pytest.mark.database
def test_a_row_written_between_check_and_insert_is_an_error_of_the_form(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = iter([None])
    check = AccountAdapter.clean_username

    def late(self: AccountAdapter, username: str, shallow: bool = False) -> str:
        return username if next(checks, True) is None else check(self, username, shallow)

    monkeypatch.setattr(AccountAdapter, "clean_username", late)
    page = Client().post(reverse("account_signup"), SIGN_UP)
    assert page.status_code == HTTPStatus.OK
    assert "already exists" in page.content.decode()


@pytest.mark.django_db
@pytest.mark.database
def test_an_address_taken_while_the_admin_saves_is_reported(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    bob = User.objects.create_user("bob")
    monkeypatch.setattr(User, "require_free_names", lambda _: None)
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss"))
    page = boss.post(reverse("admin:movies_user_change", args=[bob.pk]), CHANGE, follow=True)
    assert page.status_code == HTTPStatus.OK
    assert "has just been taken" in page.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
def test_simultaneous_sign_ups_create_one_account() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("an in-memory SQLite database has one connection")
    barrier = Barrier(len(SAME))

    def join(name: str) -> int:
        try:
            barrier.wait(10)
            return Client().post(reverse("account_signup"), {**SIGN_UP, "username": name}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(SAME)) as pool:
        statuses = sorted(pool.map(join, SAME))
    assert statuses == [HTTPStatus.OK] * (len(SAME) - 1) + [HTTPStatus.FOUND]
    assert User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.database
def test_an_address_belongs_to_whoever_verifies_it(ada: User, rf: RequestFactory, settings: Settings) -> None:
    EmailAddress.objects.create(user=ada, email=ada.email, primary=True)
    owner = User.objects.create_user("owner")
    claimed = EmailAddress.objects.create(user=owner, email=ada.email)
    client = Client()
    client.force_login(owner)
    request = client.get("/").wsgi_request
    assert AccountAdapter(request).confirm_email(request, claimed)
    ada.refresh_from_db()
    owner.refresh_from_db()
    assert (ada.email, owner.email) == ("", "ada@example.org")
    assert EmailAddress.objects.get().user == owner


@pytest.mark.django_db
@pytest.mark.database
def test_an_address_of_staff_is_not_given_away(ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    thief = User.objects.create_user("thief")
    claimed = EmailAddress.objects.create(user=thief, email=ada.email)
    request = Client().get("/").wsgi_request
    assert not AccountAdapter(request).confirm_email(request, claimed)
    ada.refresh_from_db()
    assert ada.email == "ada@example.org"


def login(client: Client, password: str, name: str = "ada") -> int:
    return client.post(reverse("account_login"), {"login": name, "password": password}).status_code


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.parametrize("name", [*SAME, "ada@example.org"])
def test_failures_of_strangers_do_not_lock_a_known_device(ada: User, name: str) -> None:
    home, stranger = Client(), Client()
    assert login(home, PASSWORD) == HTTPStatus.FOUND
    home.post(reverse("account_logout"))
    for _ in range(7):
        login(stranger, "wrong", name)
    assert login(stranger, PASSWORD, name) != HTTPStatus.FOUND
    assert login(home, PASSWORD, name) == HTTPStatus.FOUND


@pytest.mark.django_db
@pytest.mark.database
def test_failures_on_a_known_device_are_counted_too(ada: User) -> None:
    home = Client()
    login(home, PASSWORD)
    home.post(reverse("account_logout"))
    for _ in range(7):
        login(home, "wrong")
    assert login(home, PASSWORD) != HTTPStatus.FOUND


@pytest.mark.django_db
@pytest.mark.database
def test_a_device_is_known_to_its_accounts_only_and_cannot_be_forged(ada: User) -> None:
    User.objects.create_user("eve", password=PASSWORD)
    other = Client()
    login(other, PASSWORD, "eve")
    other.post(reverse("account_logout"))
    forged = Client()
    forged.cookies["known-device"] = '{"1": "x"}:forged:signature'
    for client in (other, forged):
        for _ in range(4):
            login(client, "wrong")
    assert login(other, PASSWORD) != HTTPStatus.FOUND
    assert login(forged, PASSWORD) != HTTPStatus.FOUND


@pytest.mark.database
def test_accounts_of_an_older_release_keep_their_names(transactional_db: None) -> None:
    call_command("migrate", "movies", "0016", verbosity=0)
    with connection.cursor() as cursor:
        for name, email in (("ada", "ada@example.org"), ("ADA", "Ada@example.org"), ("bob", "")):
            cursor.execute(
                "INSERT INTO movies_user (password, is_superuser, username, first_name, last_name, email, is_staff,"
                " is_active, date_joined, shows_predictions)"
                " VALUES ('', false, %s, '', '', %s, false, true, '2026-01-01', true)",
                [name, email],
            )
    call_command("migrate", verbosity=0)
    lower, upper = User.objects.get(username="ada"), User.objects.get(username="ADA")
    upper.set_password(PASSWORD)
    upper.save()
    lower.set_password("another-1815")
    lower.save()
    assert login(Client(), PASSWORD, "ADA") == HTTPStatus.FOUND
    assert login(Client(), "another-1815", "ada") == HTTPStatus.FOUND
    with pytest.raises(ValidationError):
        User.objects.create_user("Ada")
    User.objects.all().delete()
