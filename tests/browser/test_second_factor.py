"""A second factor: set up, asked for at sign-in, turned off; with and without JavaScript, on every screen."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD
from tests.browser.page_actions import AsMember
from tests.browser.test_look import check, problems
from tests.support import totp

PAGES = ("/account/", "/accounts/2fa/", "/accounts/2fa/recovery-codes/", "/accounts/2fa/recovery-codes/generate/")


def current_code(key: str) -> str:
    """The code of now, valid for some seconds more."""
    left = totp.PERIOD - time.time() % totp.PERIOD
    if left < 10:
        time.sleep(left)
    return totp.code(key, time.time())


def confirm_password(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def open_set_up(page: Page) -> str:
    """Open the page with the QR code, and return its key."""
    page.goto("/account/")
    page.get_by_role("link", name="Second factor").click()
    page.get_by_role("link", name="Set up").click()
    confirm_password(page)
    expect(page.locator("h1")).to_have_text("Set up a second factor")
    return page.locator(".key").inner_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["javascript", "no-javascript"])
def test_a_second_factor_is_set_up_asked_for_and_turned_off(as_member: AsMember, *, scripts: bool) -> None:
    page = as_member(java_script_enabled=scripts)
    name = page.member  # type: ignore[attr-defined]
    key = open_set_up(page)
    drawn = page.locator("img.qr").evaluate("image => image.complete && image.naturalWidth")
    assert drawn, "the policy lets the QR code through"
    page.get_by_label("Code that the app shows").fill("12")
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator(".errorlist")).to_contain_text("This code is wrong")
    page.get_by_label("Code that the app shows").fill(current_code(key))
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("h1")).to_have_text("Recovery codes")
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/watchlist/")
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_have_text("Enter your code")
    page.get_by_label("Code").fill(current_code(key))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/watchlist/")
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Turn off").click()
    confirm_password(page)
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("link", name="Set up")).to_be_visible()


def test_its_pages_fit_every_screen(as_member: AsMember) -> None:
    page = as_member()
    name = page.member  # type: ignore[attr-defined]
    check(page, ["/accounts/2fa/", "/accounts/reauthenticate/?next=/accounts/2fa/"])
    open_set_up(page)
    assert problems(page, "/accounts/2fa/totp/activate/") == []
    page.get_by_label("Code that the app shows").fill(current_code(page.locator(".key").inner_text()))
    page.get_by_role("button", name="Turn on").click()
    check(page, [*PAGES, "/accounts/2fa/totp/deactivate/"])
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    assert problems(page, "/accounts/2fa/authenticate/") == []
