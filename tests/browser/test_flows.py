"""Visitors' and members' workflows, with and without JavaScript, by pointer and by keyboard."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.page_actions import SignUp, give, stars


def test_a_new_member_gets_recommendations_in_six_actions_and_a_minute(page: Page, sign_up: SignUp) -> None:
    started = time.monotonic()
    page.goto("/")
    page.get_by_role("link", name="Start rating").click()
    sign_up(page)
    for n in range(3):
        give(page, "4½ stars", n)
    picks = page.locator("#first-picks")
    expect(picks).to_contain_text("Your picks so far")
    expect(picks.locator(".why").first).to_contain_text("because you rated")
    picks.get_by_role("link", name="See your recommendations").click()
    expect(page.get_by_role("heading", name="For you", exact=True)).to_be_visible()
    assert time.monotonic() - started < 60


def test_each_rating_changes_the_picks_without_a_reload(page: Page, sign_up: SignUp) -> None:
    sign_up(page)
    for n in range(3):
        give(page, "5 stars", n)
    titles = page.locator("#first-picks .title")
    expect(titles.first).to_be_visible()
    before = titles.all_inner_texts()
    page.evaluate("window.notReloaded = true")
    give(page, "5 stars", 5)
    expect(titles).not_to_have_text(before)
    assert page.evaluate("window.notReloaded")


def test_rating_is_saved_announced_undone_and_cleared(page: Page, sign_up: SignUp) -> None:
    sign_up(page)
    page.locator(".rate-cards h3 a").first.click()
    title = page.locator("h1").inner_text()
    announcer = page.locator("#announcer")
    give(page, "3½ stars")
    expect(announcer).to_have_text(f"You rated {title} 3½ stars.")
    give(page, "5 stars")
    page.get_by_role("button", name="Undo").click()
    expect(announcer).to_have_text(f"You rated {title} 3½ stars.")
    page.reload()
    expect(stars(page).get_by_role("radio", name="3½ stars", exact=True)).to_be_checked()
    page.get_by_role("button", name="Clear").click()
    expect(announcer).to_have_text(f"Your rating of {title} was removed.")
    expect(page.locator(".star-control input:checked")).to_have_count(0)


def test_rating_by_keyboard_keeps_the_focus(page: Page, sign_up: SignUp) -> None:
    sign_up(page)
    page.locator(".rate-cards h3 a").first.click()
    page.wait_for_url("**/movies/*/")
    stars(page).get_by_role("radio").first.focus()
    for name in ("½ star", "1 star", "1½ stars"):
        with page.expect_response(lambda response: response.request.method == "POST"):
            page.keyboard.press("Space" if name == "½ star" else "ArrowRight")
        expect(page.locator(".said > :last-child").first).to_have_text(name)
        expect(stars(page).get_by_role("radio", name=name, exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()


def test_a_rating_right_after_the_previous_one_is_saved_too(page: Page, sign_up: SignUp) -> None:
    sign_up(page)
    page.locator(".rate-cards h3 a").first.click()
    page.wait_for_url("**/movies/*/")
    next_star = "document.querySelector('.star-control input:checked').closest('label').nextElementSibling.click()"
    page.evaluate(f"document.addEventListener('htmx:afterSwap', () => setTimeout(() => {next_star}), {{once: true}})")
    give(page, "3 stars")
    expect(page.locator(".said > :last-child").first).to_have_text("3½ stars")


def test_a_movie_marked_not_interested_is_not_recommended_until_undone(page: Page, sign_up: SignUp) -> None:
    sign_up(page)
    give(page, "5 stars")
    page.goto("/recommendations/")
    first = page.locator(".grid .title").first
    title = first.inner_text()
    first.click()
    page.get_by_role("button", name="Not interested", exact=True).click()
    expect(page.locator("#announcer")).to_have_text(f"We won't recommend {title} again.")
    page.goto("/recommendations/")
    expect(page.locator(".grid .title").get_by_text(title, exact=True)).to_have_count(0)
    page.goto("/watchlist/")
    page.get_by_role("button", name=f"Undo for {title}").click()
    expect(page.get_by_role("status").first).to_contain_text(f"We may recommend {title} again.")


def test_a_movie_is_added_to_the_watchlist(page: Page, sign_up: SignUp) -> None:
    sign_up(page)
    page.locator(".rate-cards h3 a").first.click()
    title = page.locator("h1").inner_text()
    page.get_by_role("button", name="Watchlist").click()
    expect(page.get_by_role("button", name="On your watchlist")).to_have_attribute("aria-pressed", "true")
    page.goto("/watchlist/")
    expect(page.locator(".grid .title")).to_have_text([title])


def test_movies_are_found_while_typing_and_chosen_by_keyboard(page: Page) -> None:
    page.goto("/")
    field = page.get_by_role("combobox", name="Search movies")
    field.press_sequentially("matri")
    expect(page.get_by_role("option", name="The Matrix 1999")).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#suggestions [aria-selected=true]")
    expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    page.keyboard.press("Escape")
    expect(page.locator("#suggestions")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/movies/*/")
    expect(page.locator("h1")).to_contain_text("Matrix")


def test_filters_apply_at_once_and_the_back_button_undoes_them(page: Page) -> None:
    page.goto("/movies/")
    count = page.locator(".count b")
    unfiltered = count.inner_text()
    page.get_by_role("checkbox", name="Western").check()
    expect(count).not_to_have_text(unfiltered)
    assert "genre=western" in page.url
    page.go_back()
    expect(count).to_have_text(unfiltered)


def test_more_movies_are_appended(page: Page) -> None:
    page.goto("/movies/")
    cards = page.locator("#movies > li")
    before = cards.count()
    page.get_by_role("link", name="Show more").click()
    expect(cards).to_have_count(2 * before)


def test_everything_works_without_javascript(new_context: NewContext, sign_up: SignUp) -> None:
    page = new_context(java_script_enabled=False).new_page()
    sign_up(page)
    page.goto("/movies/?q=matrix")
    page.locator("#movies a").first.click()
    page.get_by_role("radio", name="4½ stars", exact=True).check(force=True)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("4½ stars")
    expect(page.get_by_role("radio", name="4½ stars", exact=True)).to_be_checked()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".star-control input:checked")).to_have_count(0)
    page.get_by_role("searchbox", name="Search movies").fill("star wars")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#movies .title").first).to_contain_text("Star Wars")
    page.goto("/movies/")
    page.get_by_role("link", name="Show more").click()
    assert "page=2" in page.url


def test_a_double_click_saves_one_rating(page: Page, sign_up: SignUp) -> None:
    sign_up(page)
    stars(page).get_by_role("radio", name="4 stars", exact=True).dblclick()
    expect(page.locator("#first-picks")).to_contain_text("2 more")
    page.goto("/ratings/")
    expect(page.locator(".rows > li")).to_have_count(1)


@pytest.mark.parametrize("width", [320, 1280])
def test_the_menu_opens_and_closes_by_keyboard(new_context: NewContext, sign_up: SignUp, width: int) -> None:
    page = new_context(width=width).new_page()
    sign_up(page)
    summary = page.locator(".menu summary")
    summary.focus()
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="Your ratings")
    expect(link).to_be_visible()
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(summary).to_be_focused()
