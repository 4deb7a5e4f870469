"""Nothing names an account after its deletion."""

import json
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from movies.models import Movie, User
from recommendations.models import Event

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
