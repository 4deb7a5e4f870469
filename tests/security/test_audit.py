"""Looks at other users' recommendations through the API leave a trace."""

import json
import logging
from http import HTTPStatus

import pytest
from django.contrib.admin.models import LogEntry
from knox.models import AuthToken
from rest_framework.test import APIClient

from movies.models import User
from recsite.api.models import ServiceToken
from recsite.operations.logs import JSONFormatter

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss")


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(JSONFormatter().format(record)) for record in caplog.records if record.name == "recsite.audit"]


@pytest.mark.parametrize("batch", [False, True])
def test_a_look_by_staff_is_in_the_users_history_and_in_the_log(
    boss: User, ada: User, caplog: pytest.LogCaptureFixture, *, batch: bool
) -> None:
    caplog.set_level(logging.INFO)
    client = APIClient()
    client.force_authenticate(boss)
    if batch:
        response = client.post("/api/v1/recommendations/batch/", {"users": [ada.pk, 10**6]}, format="json")
    else:
        response = client.get(f"/api/v1/users/{ada.pk}/recommendations/")
    assert response.status_code == HTTPStatus.OK, response.content
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (boss, str(ada.pk))
    assert "Viewed the user's recommendations" in entry.get_change_message()
    (line,) = lines(caplog)
    assert (line["staff"], line["users"]) == (boss.pk, [ada.pk, 10**6] if batch else [ada.pk])


def test_a_look_by_a_service_is_in_the_log(boss: User, ada: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    instance, token = AuthToken.objects.create(user=boss)
    ServiceToken.objects.create(token=instance, name="shop", scopes=["recommendations"])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert client.get(f"/api/v1/users/{ada.pk}/recommendations/").status_code == HTTPStatus.OK
    (line,) = lines(caplog)
    assert (line["service"], line["users"]) == ("shop", [ada.pk])


def test_a_members_look_at_their_own_list_is_not_recorded(ada: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client = APIClient()
    client.force_authenticate(ada)
    assert client.get("/api/v1/me/recommendations/").status_code == HTTPStatus.OK
    assert not lines(caplog)
    assert not LogEntry.objects.exists()
