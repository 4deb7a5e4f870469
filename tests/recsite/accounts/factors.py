"""Members who set up a second factor, in tests."""

import re
from collections.abc import Iterator
from itertools import count

from django.test import Client
from django.urls import reverse

from tests.support import totp

PASSWORD = "lovelace-1815"


class App:
    """An authenticator app, and the time that it and the site share."""

    def __init__(self) -> None:
        self.key = ""
        self.steps = count(1000)
        self.step = next(self.steps)

    def counters(self) -> Iterator[int]:
        yield self.step

    def code(self) -> str:
        """The code that the app shows now."""
        return totp.code(self.key, self.step * totp.PERIOD)

    def next_code(self) -> str:
        """The code that it shows half a minute later."""
        self.step = next(self.steps)
        return self.code()

    def wrong_code(self) -> str:
        return f"{(int(self.code()) + 1) % 1_000_000:06}"

    def scan(self, client: Client) -> None:
        """Confirm the password and read the key from the page."""
        page = reverse("mfa_activate_totp")
        client.post(f"{reverse('account_reauthenticate')}?next={page}", {"password": PASSWORD})
        found = re.search(r'class="key">([A-Z2-7]+)<', client.get(page).content.decode())
        assert found
        self.key = found[1]

    def set_up(self, client: Client) -> list[str]:
        """Set the factor up, and return the recovery codes."""
        self.scan(client)
        shown = client.post(reverse("mfa_activate_totp"), {"code": self.code()}, follow=True).content.decode()
        return re.findall(r"<code>(\d{8})</code>", shown)


def sign_in(name: str = "ada", code: str | None = None) -> Client:
    """Sign in by the pages, with the code if there is one."""
    client = Client()
    client.post(reverse("account_login"), {"login": name, "password": PASSWORD})
    if code is not None:
        client.post(reverse("mfa_authenticate"), {"code": code})
    return client


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("movies:account")).status_code == 200
