"""Actions on pages that several browser tests share."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

SignUp = Callable[[Page], str]
AsMember = Callable[..., Page]


def stars(page: Page, n: int = 0) -> Locator:
    """Return the n-th star control on a page."""
    return page.locator(".star-control").nth(n)


def give(page: Page, name: str, n: int = 0) -> None:
    """Click a rating (“3½ stars”) of the n-th movie and wait until it is saved."""
    with page.expect_response(lambda response: response.request.method == "POST"):
        stars(page, n).get_by_role("radio", name=name, exact=True).click()


def save(page: Page, name: str, n: int = 0) -> None:
    """Rate the n-th movie without JavaScript."""
    stars(page, n).get_by_role("radio", name=name, exact=True).check(force=True)
    page.get_by_role("button", name="Save").nth(n).click()
    expect(page.get_by_role("status").first).to_contain_text(name)


def rate_some(page: Page, n: int = 4) -> None:
    """Rate the first movies of the start page by direct requests, which is faster than clicking."""
    page.goto("/start/")
    forms = page.locator(".star-control input[value='9']")
    for row in range(n):
        path = forms.nth(row).evaluate("input => input.form.action")
        token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
        form: dict[str, str | float | bool] = {"half_stars": "9" if row % 3 else "10", "csrfmiddlewaretoken": token}
        assert page.request.post(path, form=form, headers={"Referer": page.url}).ok


def titles(page: Page, within: str = "main") -> list[str]:
    return page.locator(f"{within} .title").all_inner_texts()


def mail_to(folder: Path, address: str) -> str:
    """Wait for an email to an address and return its text."""
    for _ in range(100):
        mails = [text for path in folder.iterdir() if f"To: {address}" in (text := path.read_text())]
        if mails:
            return mails[-1]
        time.sleep(0.1)
    pytest.fail(f"no email to {address}")


def link_in(mail: str) -> str:
    """Return the path of the first link of an email."""
    link = re.search(r"http://\S+", mail.replace("=\n", "").replace("=3D", "="))
    assert link, mail
    return urlsplit(link[0]).path
