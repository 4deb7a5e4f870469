"""Staff workflows in the admin, in a browser that reports every policy violation."""

import csv
import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, NewContext


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """The folder for screenshots; set SCREENSHOTS to keep them."""
    return Path(os.environ.get("SCREENSHOTS", tmp_path))


@pytest.fixture
def boss(page: Page) -> Page:
    page.goto("/admin/")
    page.get_by_label("Login").fill("boss")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/")
    return page


def test_the_dashboard_shows_charts_and_health(boss: Page, shot: Path) -> None:
    expect(boss.get_by_role("region", name="Dashboard")).to_be_visible()
    expect(boss.locator("figure.chart")).not_to_have_count(0)
    expect(boss.get_by_text("No worker answers")).to_be_visible()
    boss.screenshot(path=shot / "dashboard.png", full_page=True)


def test_a_load_has_a_report(boss: Page, shot: Path) -> None:
    boss.get_by_role("link", name="All loads").click()
    boss.locator("th.field-source a").first.click()
    expect(boss.get_by_role("region", name="Load").get_by_role("cell", name="ratings.csv")).to_be_visible()
    boss.screenshot(path=shot / "load.png")


def test_a_run_is_requested_watched_and_cancelled(boss: Page, shot: Path) -> None:
    boss.get_by_role("button", name="Retrain").click()
    expect(boss.get_by_text("is waiting for a worker")).to_be_visible()
    expect(boss.get_by_role("progressbar")).to_be_visible()
    boss.screenshot(path=shot / "running.png")
    boss.get_by_role("button", name="Cancel").click()
    expect(boss.get_by_text("Cancelling run")).to_be_visible()
    expect(boss.get_by_role("progressbar")).to_have_count(0)


def test_a_version_has_a_page_and_a_roll_back_needs_an_earlier_one(boss: Page, shot: Path) -> None:
    boss.goto("/admin/recommendations/modelversion/")
    boss.locator("th.field-name a").first.click()
    expect(boss.get_by_text("Ranker of unfiltered lists")).to_be_visible()
    boss.screenshot(path=shot / "version.png")
    boss.goto("/admin/recommendations/modelversion/roll-back/")
    expect(boss.get_by_text("No earlier version")).to_be_visible()


def test_staff_see_a_users_recommendations(boss: Page, shot: Path) -> None:
    boss.goto("/admin/movies/user/?q=movielens-1")
    boss.locator("th.field-username a").first.click()
    boss.get_by_role("link", name="View this user's recommendations and reasons").click()
    expect(boss.get_by_role("row")).not_to_have_count(0)
    expect(boss.get_by_text("Your visit is logged")).to_be_visible()
    boss.screenshot(path=shot / "see.png")


def test_duplicate_movies_are_added_found_and_merged(boss: Page, shot: Path) -> None:
    for _ in range(2):
        boss.goto("/admin/movies/movie/add/")
        boss.get_by_label("Title:", exact=True).fill("Twice There")
        boss.get_by_label("Year:").fill("2001")
        boss.get_by_role("button", name="Save", exact=True).click()
        expect(boss.get_by_text("after the next training")).to_be_visible()
    boss.goto("/admin/movies/movie/?q=twice+there")
    expect(boss.locator("#result_list tbody tr")).to_have_count(2)
    boss.locator("#action-toggle").check()
    boss.get_by_label("Action:").select_option(label="Merge the selected movies …")
    boss.get_by_role("button", name="Go", exact=True).click()
    boss.get_by_role("radio").first.check()
    boss.screenshot(path=shot / "merge.png")
    boss.get_by_role("button", name="Merge").click()
    expect(boss.get_by_text("2 rows merged into")).to_be_visible()
    boss.goto("/admin/movies/movie/?q=twice+there")
    expect(boss.locator("#result_list tbody tr")).to_have_count(1)


def test_a_rating_is_added_with_autocomplete(boss: Page, shot: Path) -> None:
    boss.goto("/admin/movies/rating/add/")
    for name, text in (("user", "guest79"), ("movie", "matrix")):
        boss.locator(f".field-{name} .select2-selection").click()
        boss.locator(".select2-search__field").fill(text)
        boss.locator(".select2-results__option").filter(has_text=text.capitalize()[1:]).first.click()
    boss.screenshot(path=shot / "rating.png")
    boss.get_by_role("button", name="Save", exact=True).click()
    expect(boss.get_by_text("was added successfully")).to_be_visible()


def test_genres_are_exported_and_imported_after_a_preview(boss: Page, tmp_path: Path, shot: Path) -> None:
    boss.goto("/admin/movies/genre/")
    with boss.expect_download() as download:
        boss.get_by_role("link", name="Export").click()
    rows = list(csv.reader(Path(download.value.path()).read_text().splitlines()))
    assert rows[0] == ["id", "name", "slug"]
    (tmp_path / "genres.csv").write_text("id,name,slug\n,Heist,heist\n")
    boss.goto("/admin/movies/genre/import/")
    boss.locator("input[type=file]").set_input_files(tmp_path / "genres.csv")
    boss.get_by_label("Format:").select_option(label="csv")
    boss.screenshot(path=shot / "import.png")
    boss.get_by_role("button", name="Submit").click()
    expect(boss.get_by_text("Heist").first).to_be_visible()
    boss.screenshot(path=shot / "preview.png")
    boss.get_by_role("button", name="Confirm import").click()
    expect(boss.get_by_text("1 new")).to_be_visible()


def test_an_experiment_is_set_up(boss: Page, shot: Path) -> None:
    boss.goto("/admin/recommendations/experiment/add/")
    boss.get_by_label("Name:", exact=True).fill("Hidden gems")
    for index, name in enumerate(("control", "gems")):
        boss.locator(f"#id_arms-{index}-name").fill(name)
    boss.locator("#id_arms-1-settings").fill('{"popularity": -0.5}')
    boss.get_by_role("button", name="Save and continue editing").click()
    boss.get_by_role("button", name="Start").click()
    expect(boss.get_by_text("Too early to say")).to_be_visible()
    boss.screenshot(path=shot / "experiment.png")
    boss.get_by_role("button", name="End").click()
    expect(boss.get_by_text("Ended the experiment.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dashboard_on_a_phone(new_context: NewContext, shot: Path, scheme: str) -> None:
    page = new_context(width=390, scheme=scheme).new_page()
    page.goto("/admin/")
    page.get_by_label("Login").fill("boss")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/")
    expect(page.get_by_role("region", name="Dashboard")).to_be_visible()
    page.screenshot(path=shot / f"phone-{scheme}.png", full_page=True)


def test_the_api_documentation_obeys_the_policy(page: Page, shot: Path) -> None:
    page.goto("/api/v1/docs/")
    expect(page.get_by_role("heading", name="recsite API")).to_be_visible()
    page.locator("#operations-catalogue-movies_list .opblock-summary-control").click()
    expect(page.get_by_role("button", name="Try it out")).to_be_visible()
    page.screenshot(path=shot / "docs.png")
