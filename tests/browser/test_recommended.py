"""Recommendations to members: steering, tuning, reasons, groups."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.page_actions import AsMember, give, rate_some, titles

NOT_RELOADED = "window.notReloaded"


@pytest.fixture
def page(as_member: AsMember) -> Page:
    """A member who has rated a few movies."""
    page = as_member()
    rate_some(page)
    return page


def test_the_rows_of_the_home_page_follow_a_rating_without_a_reload(page: Page) -> None:
    page.goto("/")
    page.evaluate(f"{NOT_RELOADED} = true")
    before = titles(page, "#first-rail")
    give(page, "½ star")
    expect(page.locator("#first-rail .title")).not_to_have_text(before)
    assert page.evaluate(NOT_RELOADED)


def test_sliders_steer_the_list_at_once_and_the_back_button_undoes_it(page: Page) -> None:
    page.goto("/recommendations/")
    before = titles(page, "#results")
    slider = page.get_by_role("slider", name="hidden gems to well known")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#results .title")).not_to_have_text(before)
    assert "popularity=-1" in page.url
    steered = titles(page, "#results")
    page.reload()
    expect(page.get_by_role("slider", name="hidden gems to well known")).to_have_value("-1")
    assert titles(page, "#results") == steered
    page.go_back()
    expect(page.locator("#results .title")).to_have_text(before)


def test_members_ask_for_more_or_less_of_a_genre(page: Page) -> None:
    page.goto("/recommendations/")
    before = titles(page, "#results")
    page.get_by_text("Genres, tags and years").click()
    page.get_by_role("group", name="Less").get_by_role("checkbox", name="Drama").check()
    expect(page.locator("#results .title")).not_to_have_text(before)
    assert "less=drama" in page.url
    page.get_by_role("link", name="Start over").click()
    expect(page.locator("#results .title")).to_have_text(before)


def test_tags_are_added_and_removed_without_a_reload(page: Page) -> None:
    page.goto("/recommendations/")
    before = titles(page, "#results")
    page.evaluate(f"{NOT_RELOADED} = true")
    page.get_by_text("Genres, tags and years").click()
    field = page.get_by_role("combobox", name="Less of a tag")
    field.fill("Atmospheric")
    field.press("Enter")
    chip = page.get_by_role("checkbox", name="atmospheric")
    expect(chip).to_be_checked()
    expect(field).to_be_focused()
    expect(page.locator("#results .title")).not_to_have_text(before)
    field.fill("no such tag")
    field.press("Enter")
    expect(page.get_by_text("No movie is tagged “no such tag”.")).to_be_visible()
    chip.uncheck(force=True)
    expect(chip).to_have_count(0)
    expect(page.locator("#results .title")).to_have_text(before)
    assert page.evaluate(NOT_RELOADED)


def test_a_longer_list_keeps_its_length_on_reload(page: Page) -> None:
    page.goto("/recommendations/")
    first = len(titles(page, "#results"))
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#results .title")).to_have_count(2 * first)
    page.reload()
    expect(page.locator("#results .title")).to_have_count(2 * first)


def test_the_prediction_follows_a_rating_without_a_reload(page: Page) -> None:
    page.goto("/recommendations/")
    page.locator("#results .card > a").first.click()
    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text("We think you’ll give it")
    expect(verdict).to_contain_text("you rated")
    give(page, "2 stars")
    expect(verdict).to_contain_text("We thought you’d give it")


def test_the_prediction_can_be_hidden_until_the_rating(page: Page) -> None:
    page.goto("/recommendations/")
    path = page.locator("#results .card > a").first.get_attribute("href") or ""
    page.goto("/account/")
    page.get_by_role("button", name="Not before I rate").click()
    page.goto("/recommendations/")
    expect(page.locator(".guess")).to_have_count(0)
    page.goto(path)
    expect(page.locator(".verdict")).to_contain_text("once you’ve rated it")
    give(page, "4 stars")
    expect(page.locator(".verdict")).to_contain_text("We thought you’d give it")


def test_similar_movies_are_tuned_without_a_reload(page: Page) -> None:
    page.goto("/movies/1/")
    similar = page.locator("#similar .title")
    before = similar.all_inner_texts()
    page.evaluate(f"{NOT_RELOADED} = true")
    page.get_by_role("link", name="less Animation").click()
    expect(similar).not_to_have_text(before)
    expect(page.get_by_role("link", name="less Animation")).to_have_attribute("aria-current", "true")
    assert "less=genre%3Aanimation" in page.url
    assert page.evaluate(NOT_RELOADED)
    tuned = similar.all_inner_texts()
    page.reload()
    expect(similar).to_have_text(tuned)
    page.get_by_role("link", name="less Animation").click()
    expect(similar).to_have_text(before)


@pytest.mark.parametrize("scripts", [True, False], ids=["javascript", "no-javascript"])
def test_friends_form_a_group_with_an_invitation_link(as_member: AsMember, scripts: bool) -> None:
    ada, bob = as_member(java_script_enabled=scripts), as_member(java_script_enabled=scripts)
    for friend in (ada, bob):
        rate_some(friend, 3)
    ada.goto("/together/")
    ada.get_by_role("button", name="Start a group").click()
    link = ada.get_by_label("Invitation link").input_value()
    bob.goto(link)
    expect(bob.locator("main")).to_contain_text(ada.member)  # type: ignore[attr-defined]
    bob.get_by_role("button", name="Join the group").click()
    expect(bob.get_by_role("status").first).to_contain_text("You’re in")
    for friend, other in ((bob, ada), (ada, bob)):
        friend.reload()
        guesses = friend.locator("#results .guesses").first
        expect(guesses).to_contain_text(re.compile(r"you\s+\d\.\d"))
        expect(guesses).to_contain_text(other.member)  # type: ignore[attr-defined]
    everything = titles(ada, "#results")
    ada.get_by_label("Only").select_option("Comedy")
    if not scripts:
        ada.get_by_role("button", name="Show", exact=True).click()
    expect(ada.locator("#results .title")).not_to_have_text(everything)
    bob.get_by_role("button", name="Leave the group").click()
    expect(bob.get_by_role("status").first).to_contain_text("You left")


def test_an_invitation_leads_a_visitor_through_sign_up(as_member: AsMember, new_context: object) -> None:
    ada = as_member()
    ada.goto("/together/")
    ada.get_by_role("button", name="Start a group").click()
    link = ada.get_by_label("Invitation link").input_value()
    stranger = new_context().new_page()  # type: ignore[operator]
    stranger.goto(link)
    stranger.get_by_role("main").get_by_role("link", name="Join").click()
    stranger.get_by_label("Username").fill(f"stranger-of-{ada.member}")  # type: ignore[attr-defined]
    stranger.get_by_label("Password").fill("correct-horse-battery-1")
    stranger.get_by_role("button", name="Join").click()
    expect(stranger.get_by_role("button", name="Join the group")).to_be_visible()
