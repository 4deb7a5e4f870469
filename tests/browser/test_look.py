"""Every page on every screen: no horizontal scrolling, no accessibility violations, no console errors; page weight."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NewContext
from tests.browser.page_actions import AsMember, rate_some

VISITORS_PAGES = (
    "/",
    "/movies/",
    "/movies/?q=star&genre=sci-fi&year_from=1970",
    "/movies/?q=nothing-at-all",
    "/movies/1/",
    "/credits/",
    "/offline/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
)
NEW_MEMBERS_PAGES = (
    "/",
    "/start/",
    "/recommendations/",
    "/ratings/",
    "/ratings/statistics/",
    "/ratings/import/",
    "/watchlist/",
    "/together/",
    "/account/",
    "/account/leave/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
)
MEMBERS_PAGES = (
    "/",
    "/start/",
    "/recommendations/?popularity=-0.5&more=comedy",
    "/recommendations/?genre=horror&year_to=1880",
    "/movies/1/",
    "/movies/5/?less=genre:comedy",
    "/ratings/",
    "/ratings/?stars=low",
    "/ratings/statistics/",
    "/watchlist/",
    "/together/",
)
SCREENS = ((320, "dark"), (320, "light"), (390, "light"), (390, "dark"), (1280, "light"), (1280, "dark"))
AXE_SCREENS = {(320, "dark"), (390, "light"), (1280, "light"), (1280, "dark")}
"""The screens on which axe runs too."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MAX_BYTES = 50_000


@cache
def axe_source() -> str:
    return next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text()


def violations(page: Page) -> list[str]:
    """Return the violations that axe finds, with their elements."""
    results = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})"
        ".then(result => result.violations)",
        RULES,
    )
    return [f"{result['id']}: {[node['target'] for node in result['nodes']][:5]}" for result in results]


def problems(page: Page, path: str) -> list[str]:
    """Return the problems of a page on all screens. axe is injected by the debugger, so the policy stays strict."""
    page.goto(path, wait_until="load")
    page.evaluate(axe_source())
    messages = []
    for width, scheme in SCREENS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        where = f"{path} at {width} px, {scheme}"
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            messages.append(f"{where}: {wider} pixels wider than the screen")
        if (width, scheme) in AXE_SCREENS:
            messages += [f"{where}: {violation}" for violation in violations(page)]
    return messages


def check(page: Page, paths: Iterable[str]) -> None:
    assert [problem for path in paths for problem in problems(page, path)] == []


def test_pages_of_visitors(page: Page) -> None:
    check(page, VISITORS_PAGES)


def test_pages_of_new_members(as_member: AsMember) -> None:
    check(as_member(), NEW_MEMBERS_PAGES)


def test_pages_of_members(as_member: AsMember) -> None:
    page = as_member()
    rate_some(page, 5)
    page.goto("/movies/5/")
    page.get_by_role("button", name="Watchlist").click()
    page.get_by_role("button", name="On your watchlist").wait_for()
    page.goto("/movies/6/")
    page.get_by_role("button", name="Not interested").click()
    page.get_by_role("button", name="Undo not interested").wait_for()
    page.goto("/together/")
    page.get_by_role("button", name="Start a group").click()
    page.wait_for_url("**/together/*/")
    friend = as_member()
    friend.goto(page.get_by_label("Invitation link").input_value())
    check(friend, [friend.url])
    check(page, [page.url, *MEMBERS_PAGES])


@pytest.mark.parametrize("path", ["/", "/movies/", "/movies/1/", "/recommendations/", "/start/", "/ratings/"])
def test_a_page_is_light(new_context: NewContext, as_member: AsMember, path: str) -> None:
    """A first visit downloads at most 50 KB, compressed and without covers, and only one script of our own."""
    page = as_member()
    rate_some(page, 12)
    page.context.clear_cookies(name="csrftoken")
    fresh = new_context(storage_state=page.context.storage_state()).new_page()
    session = fresh.context.new_cdp_session(fresh)
    session.send("Network.enable")
    sizes: dict[str, float] = {}
    addresses: dict[str, str] = {}
    session.on(
        "Network.responseReceived", lambda event: addresses.update({event["requestId"]: event["response"]["url"]})
    )
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    fresh.goto(path, wait_until="networkidle")
    transferred = {url: sizes.get(number, 0) for number, url in addresses.items() if not url.endswith("/cover.svg")}
    assert sum(transferred.values()) <= MAX_BYTES, transferred
    scripts = [url for url in transferred if url.endswith(".js")]
    assert sorted(url.rpartition("/")[2].split(".")[0] for url in scripts) == ["htmx-2", "site"]
