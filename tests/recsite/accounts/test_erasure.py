"""Nothing names an account after its deletion."""

import json
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from knox.models import AuthToken

from movies import tasks
from movies.models import Movie, User
from recommendations.models import Event
from recsite.api.models import AccountSession
from recsite.database import sessions

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_a_deleted_account_leaves_no_trace(ada: User, member: Client) -> None:
    boss = User.objects.create_superuser("boss")
    others = Client()
    others.force_login(boss)
    member.get("/account/")
    expired = Session.objects.exclude(session_key=others.session.session_key).get()
    Client().force_login(ada)
    Session.objects.filter(pk=expired.pk).update(expire_date=timezone.now() - timedelta(days=1))
    for name in ("ada", "ada@example.org", "boss"):
        AccessAttempt.objects.create(username=name, ip_address="10.0.0.1", failures_since_start=1)
    LogEntry.objects.log_actions(boss.pk, [ada], CHANGE, change_message="renamed ada", single_object=True)
    AuthToken.objects.create(user=ada)
    ada.delete()
    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["boss"]
    assert LogEntry.objects.values_list("object_repr", "change_message").get() == ("deleted account", "")
    assert [session.session_key for session in Session.objects.all()] == [others.session.session_key]
    assert not AuthToken.objects.exists()


def test_the_export_holds_events_tokens_and_the_pending_address(ada: User, member: Client) -> None:
    movie = Movie.objects.create(title="Alien")
    Event.objects.create(kind=Event.Kind.CLICK, user=ada, movie=movie, place="home", source="popular", position=3)
    instance, secret = AuthToken.objects.create(user=ada)
    EmailAddress.objects.create(user=ada, email="new@example.org")
    text = member.get("/account/recsite.json").content.decode()
    exported = json.loads(text)
    assert [(event["kind"], event["movie"], event["position"]) for event in exported["events"]] == [
        ("click", movie.pk, 3)
    ]
    assert [token["begins_with"] for token in exported["tokens"]] == [secret[:6]]
    assert exported["pending_email"] == ["new@example.org"]
    assert secret not in text
    assert instance.digest not in text


def test_a_deletion_reads_only_the_accounts_own_sessions(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AccountSession, "get_decoded", lambda self: pytest.fail("a session was decoded"))
    queries = []
    for others in (0, 50):
        user = User.objects.create_user(f"user-{others}")
        for account in (user, *User.objects.bulk_create(User(username=f"{others}-{n}") for n in range(others))):
            Client().force_login(account)
        with CaptureQueriesContext(connection) as captured:
            user.delete()
        queries.append(len(captured))
    assert queries[0] == queries[1]
    assert Session.objects.count() == 50


def test_sessions_of_an_earlier_release_work_and_are_erased(ada: User, client: Client) -> None:
    client.force_login(ada)
    current = client.session
    earlier = cached_db.SessionStore()
    earlier.update(dict(current.items()))
    earlier.create()
    visitor = cached_db.SessionStore()
    visitor["seen"] = 1
    visitor.create()
    current.delete()
    client.cookies["sessionid"] = str(earlier.session_key)
    assert client.get("/account/").status_code == 200
    AccountSession.objects.update(account=None)
    ada.delete()
    assert list(AccountSession.objects.values_list("session_key", "account")) == [
        (visitor.session_key, sessions.NOBODY)
    ]
    assert not sessions.SessionStore(earlier.session_key).exists(str(earlier.session_key))
    assert SESSION_KEY not in cached_db.SessionStore(earlier.session_key).load()


def test_a_session_follows_its_account_through_its_key(ada: User, client: Client) -> None:
    client.force_login(ada)
    session = client.session
    session.cycle_key()
    assert AccountSession.objects.get().account == ada.pk
    session.flush()
    session["seen"] = 1
    session.save()
    assert AccountSession.objects.get().account == sessions.NOBODY


def test_the_nightly_task_deletes_expired_sessions(ada: User, client: Client) -> None:
    Client().force_login(ada)
    Session.objects.update(expire_date=timezone.now() - timedelta(days=1))
    client.force_login(ada)
    tasks.delete_expired_sessions()
    assert Session.objects.get().pk == client.session.session_key
