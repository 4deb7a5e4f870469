"""Mails to members lead to the site's own address, reveal no accounts, and the log holds no addresses of clients."""

import logging
import re
from http import HTTPStatus
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from benchmarks.support.processes import Site
from movies.models import User

pytestmark = pytest.mark.django_db
CLIENT = "203.0.113.77"


@pytest.mark.parametrize("address", ["ada@example.org", "nobody@example.org"])
@pytest.mark.parametrize("host", ["evil.example", "testserver"])
def test_links_in_mails_start_with_the_sites_address(settings: Settings, ada: User, host: str, address: str) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.SITE_ADDRESS = "https://movies.example.org"
    Client().post(reverse("account_reset_password"), {"email": address}, headers={"Host": host})
    (sent,) = mail.outbox
    subject, body = str(sent.subject), str(sent.body)
    links = re.findall(r"https?://[^/\s]+", body)
    assert set(links) == {"https://movies.example.org"}
    assert host not in subject + body


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"EMAIL_URL": "smtp://mail.example.org"}, "With EMAIL_URL, set SITE_ADDRESS too"),
        ({"SITE_ADDRESS": "movies.example.org"}, "SITE_ADDRESS is 'movies.example.org'"),
        ({"SITE_ADDRESS": "https://movies.example.org/films"}, "without a path"),
    ],
)
def test_mail_without_the_sites_address_stops_the_program(
    tmp_path: Path, variables: dict[str, str], reason: str
) -> None:
    done = Site(tmp_path, "sqlite://:memory:").run("check", **variables)
    assert done.returncode
    assert reason in done.stderr


def test_a_reset_answers_alike_with_and_without_an_account(ada: User) -> None:
    answers = []
    for address in ("ada@example.org", "nobody@example.org"):
        response = Client().post(reverse("account_reset_password"), {"email": address}, follow=True)
        answers.append((response.redirect_chain, response.content.replace(address.encode(), b"")))
    assert answers[0] == answers[1]
    assert len(mail.outbox) == 2, "both cost a mail, so the time tells nothing"


def test_the_log_holds_no_address_of_a_client(ada: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = Client(REMOTE_ADDR=CLIENT)
    for _ in range(12):
        client.post(reverse("account_login"), {"login": "ada", "password": "wrong-0815"})
    assert client.get("/movies/").status_code == HTTPStatus.OK
    assert any(record.name.startswith("axes") for record in caplog.records)
    assert CLIENT not in caplog.text
