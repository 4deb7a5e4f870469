"""Below a path of its host, the site works as at the root: links, forms, scripts, mail, the admin and API pages."""

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urldefrag, urljoin, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Response, expect
from playwright.sync_api import Error as BrowserError

from tests.browser.conftest import PASSWORD, Complaints, NewContext, served
from tests.browser.page_actions import give, link_in, mail_to, titles

pytestmark = pytest.mark.long

PATH = "/movies-app"
SAME_KIND = 2
"""How many links that differ in numbers and values only are followed."""
ADDRESSES = """() => [...document.querySelectorAll('*')].flatMap((element) =>
    [...element.attributes].map((attribute) => attribute.value).filter((value) => /^\\/[^/]/.test(value)))"""
LINKS = "links => links.map((link) => link.href)"


@pytest.fixture(scope="module")
def site(installation: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site below the path, with a slash, so that browsers resolve relative addresses below it."""
    with served({**installation, "SCRIPT_NAME": PATH}, tmp_path_factory.mktemp("below") / "log") as address:
        yield f"{address}/"


class Traffic:
    """Requests that leave the path and answers that are errors."""

    def __init__(self, site: str) -> None:
        self._site, self.faults = site, list[str]()

    def watch(self, context: BrowserContext) -> None:
        context.on("request", self._sent)
        context.on("response", self._answered)

    def _sent(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")) and not is_below(request.url, self._site):
            self.faults.append(f"{request.frame.url} requests {request.method} {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.request.method} {response.url}: {response.status}")


@pytest.fixture
def page(site: str, new_context: NewContext) -> Iterator[Page]:
    """A page of a visitor; nothing that it loads may fail or leave the path, and cookies are for the path only."""
    context, traffic = new_context(), Traffic(site)
    traffic.watch(context)
    yield context.new_page()
    assert traffic.faults == []
    assert {cookie["path"] for cookie in context.cookies()} <= {PATH}


@pytest.fixture
def member(page: Page, sessions: list[tuple[str, str]]) -> Page:
    """The page, signed in as a member who has not rated yet."""
    name, _ = sessions.pop()
    sign_in(page, name)
    page.member = name  # type: ignore[attr-defined]
    return page


def sign_in(page: Page, name: str) -> None:
    page.goto("accounts/login/")
    page.get_by_label("Login").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{PATH}/")


def is_below(url: str, site: str) -> bool:
    return url == site.rstrip("/") or url.startswith(site)


def kind(url: str) -> tuple[str, ...]:
    """What links that differ in numbers and values only have in common."""
    parts = urlsplit(url)
    return re.sub(r"\d+|/join/[^/]+", "#", parts.path), *sorted(parse_qs(parts.query))


def crawl(page: Page, site: str, start: str = "", most: int = 80) -> list[str]:
    """Follow links breadth-first; return the pages visited.  Addresses in their elements must lie below the path."""
    waiting, kinds, visited = deque([urljoin(site, start)]), dict[tuple[str, ...], int](), list[str]()
    while waiting and len(visited) < most:
        url = waiting.popleft()
        if url in visited or kinds.get(kind(url), 0) == SAME_KIND:
            continue
        visited.append(url)
        kinds[kind(url)] = kinds.get(kind(url), 0) + 1
        try:
            page.goto(url)
        except BrowserError as error:
            if "Download is starting" not in error.message:
                raise
            continue
        outside = [value for value in page.evaluate(ADDRESSES) if not is_below(urljoin(site, value), site)]
        assert outside == [], url
        links = page.locator("a[href]").evaluate_all(LINKS)
        host = urlsplit(site).netloc
        waiting.extend(urldefrag(link)[0] for link in links if urlsplit(link).netloc == host)
    return [url.removeprefix(site) for url in visited]


def test_visitors_follow_every_link(page: Page, site: str) -> None:
    visited = crawl(page, site)
    assert {"", "movies/", "credits/", "accounts/login/", "accounts/signup/"} <= set(visited)


def test_members_follow_every_link(member: Page, site: str) -> None:
    visited = crawl(member, site)
    assert {"recommendations/", "ratings/statistics/", "watchlist/", "together/", "account/"} <= set(visited)
    assert {"account/tokens/", "account/recsite.json", "ratings/import/"} <= set(visited)


def test_managers_follow_every_link_of_the_administration(page: Page, site: str) -> None:
    page.goto("admin/")
    page.get_by_label("Login").fill("boss")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{PATH}/admin/")
    expect(page.get_by_role("region", name="Dashboard")).to_be_visible()
    visited = crawl(page, site, "admin/", most=120)
    assert {"admin/movies/movie/", "admin/recommendations/modelversion/", "admin/movies/movie/add/"} <= set(visited)


def test_members_rate_steer_search_and_keep_movies(member: Page) -> None:
    page = member
    page.goto("start/")
    for n in range(3):
        give(page, "4½ stars", n)
    expect(page.locator("#first-picks")).to_contain_text("Your picks so far")
    page.locator("#first-picks").get_by_role("link", name="See your recommendations").click()
    page.wait_for_url(f"**{PATH}/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="For you").click()
    page.wait_for_url(f"**{PATH}/recommendations/")
    before = titles(page, "#results")
    page.get_by_role("slider", name="hidden gems to well known").focus()
    page.keyboard.press("Home")
    expect(page.locator("#results .title")).not_to_have_text(before)
    assert urlsplit(page.url).path == f"{PATH}/recommendations/"
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#results .title").nth(len(before))).to_be_visible()
    page.get_by_role("combobox", name="Search movies").press_sequentially("matri")
    expect(page.get_by_role("option", name="The Matrix 1999")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{PATH}/movies/*/")
    page.get_by_role("button", name="Watchlist").click()
    expect(page.get_by_role("button", name="On your watchlist")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Not interested", exact=True).click()
    expect(page.locator("#announcer")).to_contain_text("We won't recommend")
    page.goto("movies/")
    cards = page.locator("#movies > li")
    shown = cards.count()
    page.get_by_role("link", name="Show more").click()
    expect(cards).to_have_count(2 * shown)


def test_forms_return_below_the_path_without_javascript(
    new_context: NewContext, site: str, sessions: list[tuple[str, str]]
) -> None:
    context, traffic = new_context(java_script_enabled=False), Traffic(site)
    traffic.watch(context)
    page = context.new_page()
    sign_in(page, sessions.pop()[0])
    page.goto("movies/1/")
    page.get_by_role("radio", name="4 stars", exact=True).check(force=True)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("4 stars")
    page.get_by_role("button", name="Watchlist").click()
    expect(page.get_by_role("button", name="On your watchlist")).to_be_visible()
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert urlsplit(page.url).path == f"{PATH}/"
    assert traffic.faults == []


def test_links_in_mail_and_invitations_lead_below_the_path(member: Page, mail_folder: Path) -> None:
    page, address = member, f"{member.member}@example.edu"  # type: ignore[attr-defined]
    page.goto("accounts/email/")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Add email").click()
    link = link_in(mail_to(mail_folder, address))
    assert link.startswith(f"{PATH}/accounts/confirm-email/")
    page.goto(link)
    page.get_by_role("button", name="Confirm").click()
    page.goto("account/")
    expect(page.get_by_role("main")).to_contain_text(address)
    page.goto("together/")
    page.get_by_role("button", name="Start a group").click()
    page.wait_for_url(f"**{PATH}/together/*/")
    invitation = page.get_by_label("Invitation link").input_value()
    assert urlsplit(invitation).path.startswith(f"{PATH}/together/join/")
    page.goto(invitation)
    assert urlsplit(page.url).path.startswith(f"{PATH}/together/")


def test_the_api_documentation_sends_requests_below_the_path(page: Page, site: str) -> None:
    page.goto("api/v1/docs/")
    operation = page.locator("#operations-catalogue-movies_list")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    with page.expect_response(lambda response: "/api/v1/movies/" in response.url) as answer:
        operation.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200
    assert answer.value.json()["next"].startswith(f"{site}api/v1/movies/")


def test_the_offline_page_is_styled_below_the_path(page: Page, complaints: Complaints) -> None:
    page.goto("")
    assert page.evaluate("navigator.serviceWorker.ready.then((worker) => new URL(worker.scope).pathname)") == f"{PATH}/"
    page.context.set_offline(True)
    page.goto("movies/")
    expect(page.locator("h1")).to_have_text("Intermission")
    assert page.evaluate("[...document.styleSheets].every((sheet) => sheet.cssRules.length > 0)")
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.locator("h1")).to_have_text("Browse")
    complaints.clear()  # The browser logs requests that fail while it is offline.
