"""Empty pages, errors and lost connections."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints
from tests.browser.page_actions import AsMember, stars


@pytest.mark.parametrize(
    ("path", "heading", "next_step"),
    [
        ("/ratings/", "You haven't rated anything yet", "Find movies you know"),
        ("/ratings/statistics/", "No statistics yet", "Rate movies"),
        ("/watchlist/", "Your watchlist is empty", "See your recommendations"),
        ("/recommendations/?genre=horror&year_to=1880", "No movies match", "Remove all filters"),
        ("/movies/?q=nothing-at-all", "No movies match", "clear all filters"),
    ],
)
def test_an_empty_page_offers_the_next_step(as_member: AsMember, path: str, heading: str, next_step: str) -> None:
    page = as_member()
    page.goto(path)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    page.get_by_role("main").get_by_role("link", name=next_step).click()
    expect(page.locator("h1")).to_be_visible()


def test_an_unknown_url_offers_a_next_step(page: Page, complaints: Complaints) -> None:
    response = page.goto("/nowhere/")
    assert response
    assert response.status == 404
    page.get_by_role("link", name="Browse movies").click()
    expect(page.locator("h1")).to_have_text("Browse")
    complaints.clear()  # The browser logs every 404.


def test_a_failed_rating_shows_an_error_and_does_not_look_saved(as_member: AsMember, complaints: Complaints) -> None:
    page = as_member()
    page.goto("/movies/1/")
    page.context.set_offline(True)
    stars(page).get_by_role("radio", name="4 stars", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("You're offline. Nothing was saved.")
    expect(page.locator(".star-control input:checked")).to_have_count(0)
    page.context.set_offline(False)
    complaints.clear()  # The browser logs the failed request.
    stars(page).get_by_role("radio", name="4 stars", exact=True).click()
    expect(page.locator("#announcer")).to_contain_text("4 stars")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_server_error_is_reported(as_member: AsMember, complaints: Complaints) -> None:
    page = as_member()
    page.goto("/movies/1/")
    page.route("**/watch/", lambda route: route.fulfill(status=500, body="broken"))
    page.get_by_role("button", name="Watchlist").click()
    expect(page.get_by_role("alert")).to_contain_text("That didn't work")
    complaints.clear()


def test_the_offline_page_appears_and_recovers(page: Page, complaints: Complaints) -> None:
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.goto("/movies/")
    expect(page.locator("h1")).to_have_text("Intermission")
    assert page.url.endswith("/movies/")
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.locator("h1")).to_have_text("Browse")
    complaints.clear()


def test_hostile_queries_are_escaped(page: Page) -> None:
    page.goto("/movies/?q=%3Cscript%3Ealert(1)%3C/script%3E&tag=%22%3E%3Cimg%20src=//evil%3E")
    expect(page.locator("h1")).to_contain_text("<script>alert(1)</script>")


@pytest.mark.parametrize("path", ["/", "/movies/1/", "/accounts/login/"])
def test_a_page_loads_nothing_from_elsewhere(page: Page, site: str, path: str, request: pytest.FixtureRequest) -> None:
    urls: list[str] = []
    record: Callable[[object], None] = lambda sent: urls.append(sent.url)  # type: ignore[attr-defined]  # noqa: E731
    page.on("request", record)
    page.goto(path, wait_until="networkidle")
    assert urls
    assert [url for url in urls if not url.startswith((site, "data:"))] == []
