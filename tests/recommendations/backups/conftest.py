"""A site with a row in every kind of table, and its backup."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.support.processes import Site, copy_of

ODD = "a\tb\n\\N “c” ☃ \r'\";, \\."
"""A title with everything that a text format must escape."""
ENRICH = f"""
from datetime import UTC, datetime
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from axes.models import AccessAttempt
from knox.models import AuthToken
from movies.services import rate
ada = User.objects.create_user("ada", email="ada@example.org", password="lovelace-1815")
movie = Movie.objects.create(title={ODD!r}, alternative_title="", poster="", imdb_id=None)
rate(user=ada, movie=movie, half_stars=9)
for liked in Movie.objects.filter(genres__name="Space")[:6]:
    rate(user=ada, movie=liked, half_stars=10)
tag = Tag.objects.create(name={ODD!r})
MovieTag.objects.create(user=ada, movie=movie, tag=tag)
GenomeTag.objects.create(place=0, name="robots")
GenomeVector.objects.create(movie=movie, relevances=bytes(range(256)))
Demographics.objects.create(user=ada, gender="F", age=36, occupation="mathematician")
WatchlistItem.objects.create(user=ada, movie=Movie.objects.first())
group = WatchGroup.objects.create()
WatchGroupMember.objects.create(group=group, user=ada)
Event.objects.create(kind=Event.Kind.values[0], at=datetime(2026, 1, 1, tzinfo=UTC), user=ada, movie=movie, position=1)
ada.groups.add(Group.objects.create(name="critics"))
ada.user_permissions.add(Permission.objects.get(codename="operate_models"))
content_type = ContentType.objects.get_for_model(Movie)
LogEntry.objects.create(user=ada, content_type=content_type, object_id="1", object_repr="x", action_flag=1)
AccessAttempt.objects.create(
    username="ada", ip_address="2001:db8::1", failures_since_start=2, get_data="", post_data=""
)
AuthToken.objects.create(user=ada)
Session.objects.create(session_key="k" * 32, session_data="x", expire_date=datetime(2040, 1, 1, tzinfo=UTC))
"""


@pytest.fixture(scope="session")
def source(trained_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with copy_of(trained_site, tmp_path_factory.mktemp("source")) as site:
        site.query(ENRICH)
        yield site


@pytest.fixture(scope="session")
def backup(source: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "site.zip"
    done = source.run("backup", str(path))
    assert done.returncode == 0, done.stderr
    return path
