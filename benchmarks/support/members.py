"""Turn MovieLens users into members who can sign in, in a benchmark's own database."""

import os
import shutil
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from knox.crypto import hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS

from movies.models import Movie, User
from recommendations.models import ModelVersion
from recommendations.versions import artifacts, registry, storage


def sign_in(number: int) -> list[tuple[str, str]]:
    """Turn `number` users, spread evenly over all, into members; return the token and session key of each."""
    AuthToken.objects.all().delete()
    ids = list(User.objects.filter(is_staff=False).order_by("pk").values_list("pk", flat=True))
    users = list(User.objects.filter(pk__in=ids[:: max(1, len(ids) // number)][:number]))
    username = Concat(Value("member-"), Cast("pk", CharField()))
    chosen = User.objects.filter(pk__in=[user.pk for user in users])
    chosen.update(is_active=True, movielens_id=None, username=username)
    tokens = {user.pk: os.urandom(32).hex() for user in users}
    expiry = timezone.now() + timedelta(days=1)
    AuthToken.objects.bulk_create(
        AuthToken(digest=hash_token(token), token_key=token[: CONSTANTS.TOKEN_KEY_LENGTH], user_id=pk, expiry=expiry)
        for pk, token in tokens.items()
    )
    sessions = {user.pk: _session(user) for user in users}
    Session.objects.bulk_create(sessions.values())
    return [(tokens[user.pk], sessions[user.pk].session_key) for user in users]


def _session(user: User) -> Session:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    content = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[-1],
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    expiry = timezone.now() + timedelta(days=1)
    return Session(session_key=os.urandom(16).hex(), session_data=store.encode(content), expire_date=expiry)


def movies(number: int) -> list[int]:
    """Return `number` movie ids, the most rated first, repeated from the beginning if there are fewer."""
    ids = list(Movie.objects.order_by("-rating_count", "pk").values_list("pk", flat=True)[:number])
    return (ids * (number // len(ids) + 1))[:number]


def copy_of_the_active() -> ModelVersion:
    """Copy the active version under another name; the copy is not active."""
    version = registry.active()
    assert version
    name = f"{version.name[:40]}-{os.urandom(3).hex()}"
    folder, _ = storage.ready(version.name, version.manifest_sha256)
    shutil.copytree(folder, artifacts.folder_of(name))
    version.pk, version.name, version.run, version.is_active = None, name, None, False
    version.save()
    return version
