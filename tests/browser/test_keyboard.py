"""Keyboard navigation: Tab reaches every control in order, the focus is visible, and nothing traps it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.page_actions import AsMember, rate_some

STOPS = """
() => {
  const seen = element => element.checkVisibility({visibilityProperty: true}) && !element.closest('[inert]');
  const names = new Set();
  return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary, textarea')]
    .filter(element => seen(element) && !element.disabled && element.tabIndex >= 0)
    .filter(element => {
      if (element.type !== 'radio') return true;
      const key = element.form?.action + element.name;
      return !names.has(key) && names.add(key);
    }).length;
}
"""
FOCUS = """
() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const ring = [element, element.closest('.star-control'), element.nextElementSibling]
    .filter(Boolean).map(part => getComputedStyle(part))
    .some(style => (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none');
  const box = element.getBoundingClientRect();
  const key = [...document.querySelectorAll('*')].indexOf(element);
  const label = element.outerHTML.slice(0, 120);
  return {key, ring, visible: box.width > 0 && box.height > 0, label};
}
"""


@pytest.mark.parametrize(
    "path", ["/", "/start/", "/movies/1/", "/movies/", "/recommendations/", "/ratings/", "/account/", "/together/"]
)
def test_tab_reaches_every_control_once_with_a_visible_focus(as_member: AsMember, path: str) -> None:
    page = as_member(width=1280)
    rate_some(page, 3)
    page.goto(path)
    expected = page.evaluate(STOPS)
    visited = []
    for _ in range(expected + 5):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus is None:
            break
        assert focus["visible"], f"the focused element is invisible: {focus['label']}"
        assert focus["ring"], f"the focused element has no focus ring: {focus['label']}"
        visited.append(focus["key"])
    assert len(visited) == len(set(visited)), "an element is focused twice"
    assert visited == sorted(visited), "the tab order differs from the page's order"
    assert len(visited) == expected


def test_the_first_tab_skips_to_the_content(as_member: AsMember) -> None:
    page = as_member()
    page.goto("/movies/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_from_the_home_page_to_a_rating_by_keyboard_alone(as_member: AsMember) -> None:
    page = as_member()
    page.goto("/")
    page.get_by_role("combobox", name="Search movies").focus()
    page.keyboard.type("matri")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/movies/*/")
    while not page.evaluate("document.activeElement.name === 'half_stars'"):
        page.keyboard.press("Tab")
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.keyboard.press("Space")
    expect(page.locator("#announcer")).to_contain_text("½ star")
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#announcer")).to_contain_text("1 star.")


def test_the_focus_stays_on_show_more_after_loading(page: Page) -> None:
    page.goto("/movies/")
    more = page.get_by_role("link", name="Show more")
    more.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#movies > li")).to_have_count(72)
    expect(page.get_by_role("link", name="Show more")).to_be_focused()
