"""An existing database upgrades without losing a row."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection
from knox.models import AuthToken

from movies.models import User
from recsite.api.models import RequestCount, ServiceToken


@pytest.fixture
def before_the_api_app(transactional_db: None) -> Iterator[None]:
    """The tables as 0.1.0 has them: tokens and request counts belong to `recommendations`."""
    call_command("migrate", "api", "zero", verbosity=0)
    call_command("migrate", "recommendations", "0008", verbosity=0)
    yield
    call_command("migrate", verbosity=0)


@pytest.mark.database
def test_tokens_and_counts_stay_when_they_change_their_app(before_the_api_app: None) -> None:
    ada = User.objects.create_user("ada")
    token, _ = AuthToken.objects.create(user=ada, expiry=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO recommendations_servicetoken (id, name, scopes, token_id) VALUES (7, 'shop', %s, %s)",
            ['["models"]', token.pk],
        )
        cursor.execute("INSERT INTO recommendations_requestcount (key, requests, expires_at) VALUES ('k', 3, 99)")
    permission = Permission.objects.get(content_type__app_label="recommendations", codename="add_servicetoken")
    group = Group.objects.create(name="operators")
    group.permissions.add(permission)

    call_command("migrate", verbosity=0)

    kept = ServiceToken.objects.get()
    assert (kept.pk, kept.name, kept.scopes, kept.token) == (7, "shop", ["models"], token)
    assert RequestCount.objects.values_list("key", "requests").get() == ("k", 3)
    member = User.objects.create_user("bob")
    member.groups.add(group)
    assert member.has_perm("api.add_servicetoken")
    assert list(group.permissions.values_list("pk", flat=True)) == [permission.pk]
