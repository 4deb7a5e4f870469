"""Sessions that name their account in a column, so that an account's sessions are found without reading all others.

It is the engine of `SESSION_ENGINE`. The data, the table and the cache's keys are those of Django's `cached_db`, so
processes of a release with that engine can run beside this one. Sessions that they write name no account yet.
"""

from typing import Any, cast

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import url_str_to_user_pk
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import cached_db

from recsite.api.models import AccountSession

NOBODY = 0
"""The account of a visitor's session."""
_AT_A_TIME = 1_000


class SessionStore(cached_db.SessionStore):
    @classmethod
    def get_model_class(cls) -> type[AccountSession]:
        return AccountSession

    def create_model_instance(self, data: dict[str, Any]) -> AccountSession:
        session = cast("AccountSession", super().create_model_instance(data))
        session.account = _account_in(data)
        return session


def delete_sessions_of(account: int) -> None:
    """Delete the sessions of an account, also from the cache."""
    _name_accounts()
    for key in list(AccountSession.objects.filter(account=account).values_list("session_key", flat=True)):
        SessionStore(key).delete()


def _name_accounts() -> None:
    """Fill in the account of the sessions of an earlier release, once for each."""
    unnamed = AccountSession.objects.filter(account=None)
    while sessions := list(unnamed[:_AT_A_TIME]):
        for session in sessions:
            session.account = _account_in(session.get_decoded())
        AccountSession.objects.bulk_update(sessions, ["account"], batch_size=100)


def _account_in(data: dict[str, Any]) -> int:
    """Return the account that is signed in; between password and code, allauth remembers whose sign-in it is."""
    account = str(data.get(SESSION_KEY, NOBODY))
    waiting = data.get(LOGIN_SESSION_KEY, {}).get("user_pk")
    if waiting and SESSION_KEY not in data:
        account = str(url_str_to_user_pk(waiting))
    return int(account) if account.isdecimal() else NOBODY
