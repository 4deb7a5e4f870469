import pytest
from django.core.cache import cache

from tests.recsite.accounts.factors import App


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> App:
    """An authenticator app with the time of the site, which stands still until the next code."""
    cache.clear()
    app = App()
    # A test's transaction never commits, and allauth sends mail and signals on commit.
    monkeypatch.setattr("django.db.transaction.on_commit", lambda do, **_: do())
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.yield_hotp_counters_from_time", app.counters)
    return app
