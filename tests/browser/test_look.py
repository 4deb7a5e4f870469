"""Every page: nothing to scroll sideways, nothing that axe, the console or the content policy complains about."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext

OPEN_PAGES = (
    "/",
    "/movies/",
    "/movies/?q=star&genre=sci-fi&year_from=1970",
    "/movies/?q=nothing-at-all",
    "/movies/1/",
    "/credits/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
)
MEMBERS_PAGES = (
    "/",
    "/start/",
    "/recommendations/",
    "/movies/1/",
    "/movies/2/",
    "/ratings/",
    "/ratings/statistics/",
    "/ratings/import/",
    "/watchlist/",
    "/account/",
    "/account/leave/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def axe_source() -> str:
    return next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text()


def violations(page: Page) -> list[str]:
    """What axe finds wrong, with the places.  It is injected past the page's policy, which it is not to weaken."""
    page.evaluate(axe_source())
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}}).then(result => result.violations)", RULES
    )
    return [f"{wrong['id']}: {[node['target'] for node in wrong['nodes']][:5]}" for wrong in found]


def look_at(page: Page, path: str) -> None:
    page.goto(path, wait_until="load")
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{path} is {wider} pixels wider than the screen"
    assert violations(page) == [], path


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (390, "light"), (1280, "light"), (1280, "dark")])
def test_pages_for_everybody(new_context: NewContext, width: int, scheme: str) -> None:
    page = new_context(width=width, scheme=scheme).new_page()
    for path in OPEN_PAGES:
        look_at(page, path)


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "light"), (1280, "dark")])
def test_pages_for_members(new_context: NewContext, sign_up: Callable[[Page], str], width: int, scheme: str) -> None:
    page = new_context(width=width, scheme=scheme).new_page()
    sign_up(page)
    for path in MEMBERS_PAGES:
        look_at(page, path)
    for n in range(3):
        page.goto(f"/movies/{n + 1}/")
        page.locator(".star-control label").nth(9 - n).click()
        expect(page.locator("#announcer")).not_to_be_empty()
    page.goto("/movies/5/")
    page.get_by_role("button", name="Watchlist").click()
    page.get_by_role("button", name="On your watchlist").wait_for()
    for path in ("/", "/recommendations/", "/ratings/", "/ratings/statistics/", "/watchlist/", "/movies/1/"):
        look_at(page, path)


def test_a_page_is_light(new_context: NewContext) -> None:
    """Compressed and without covers, a first visit takes at most 50 KB for a page."""
    context = new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: dict[str, float] = {}
    addresses: dict[str, str] = {}
    session.on(
        "Network.responseReceived", lambda event: addresses.update({event["requestId"]: event["response"]["url"]})
    )
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto("/", wait_until="networkidle")
    taken = {url: sizes.get(number, 0) for number, url in addresses.items() if "cover.svg" not in url}
    assert sum(taken.values()) <= 50_000, taken
