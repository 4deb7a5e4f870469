"""The limit on a member's groups holds under simultaneous requests."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from movies import watch_groups
from movies.models import User, WatchGroupMember


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
def test_simultaneous_groups_stay_within_the_limit() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("an in-memory SQLite database has one connection; its write transactions exclude each other")
    user = User.objects.create_user("eve")
    for _ in range(watch_groups.MOST_GROUPS - 1):
        watch_groups.start_group(user)
    barrier = Barrier(6)

    def start(_: int) -> bool:
        try:
            barrier.wait(10)
            watch_groups.start_group(user)
        except watch_groups.GroupFullError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(start, range(6))) == 1
    assert WatchGroupMember.objects.filter(user=user).count() == watch_groups.MOST_GROUPS
