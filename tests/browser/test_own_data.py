"""Members' own data: ratings, imports and exports, the account."""

import csv
import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD
from tests.browser.page_actions import AsMember, give, link_in, mail_to, rate_some, stars

HEADER = "Date,Name,Year,Letterboxd URI"
LETTERBOXD = f"""{HEADER},Rating
2021-05-01,The Matrix,1999,https://boxd.it/2a1m,4.5
2021-05-02,Toy Story,1995,https://boxd.it/x,5
2021-05-03,Unheard Of,2020,https://boxd.it/y,1
"""


both_ways = pytest.mark.parametrize("scripts", [True, False], ids=["javascript", "no-javascript"])


def set_email(page: Page, mail_folder: Path, address: str) -> None:
    """Set an email address and follow the confirmation link that is sent to it."""
    page.goto("/accounts/email/")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("(Add|Change) email")).click()
    page.goto(link_in(mail_to(mail_folder, address)))
    page.get_by_role("button", name="Confirm").click()


@both_ways
def test_ratings_are_imported_after_a_preview_and_exported(as_member: AsMember, tmp_path: Path, scripts: bool) -> None:
    page = as_member(java_script_enabled=scripts)
    sheet = tmp_path / "ratings.csv"
    sheet.write_text(LETTERBOXD)
    page.goto("/ratings/import/")
    page.get_by_label("CSV file").set_input_files(sheet)
    page.get_by_role("button", name="Preview import").click()
    expect(page.locator("h1")).to_have_text("2 ratings to import")
    page.get_by_text("1 film not found").click()
    expect(page.get_by_text("Unheard Of (2020)")).to_be_visible()
    page.get_by_role("button", name="Import 2 ratings").click()
    page.goto("/ratings/")
    expect(page.locator(".rows > li")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert {(row["Title"], row["Rating"]) for row in rows} == {("The Matrix", "4.5"), ("Toy Story", "5")}


def letterboxd_zip(folder: Path) -> Path:
    path = folder / "letterboxd.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ratings.csv", LETTERBOXD)
        archive.writestr("watched.csv", f"{HEADER}\n2021-05-01,Heat,1995,https://boxd.it/z\n")
        archive.writestr("watchlist.csv", f"{HEADER}\n2021-05-01,Jumanji,1995,https://boxd.it/w\n")
    return path


@both_ways
@pytest.mark.parametrize("width", [390, 1280])
def test_a_zip_leads_from_the_account_to_recommendations_in_six_actions(
    as_member: AsMember, tmp_path: Path, scripts: bool, width: int
) -> None:
    page = as_member(java_script_enabled=scripts, width=width)
    page.goto("/account/")
    page.get_by_role("link", name="Import your ratings").click()
    page.get_by_label("CSV file").set_input_files(letterboxd_zip(tmp_path))
    page.get_by_role("button", name="Preview import").click()
    expect(page.locator("h1")).to_have_text("2 ratings to import")
    expect(page.get_by_role("main")).to_contain_text("1 film that you saw without rating is not imported yet")
    page.get_by_role("link", name="Change the film of Toy Story (1995)").click()
    page.get_by_role("button", name="Toy Story 2 (1999)").click()
    page.get_by_role("button", name="Import 2 ratings").click()
    expect(page.get_by_role("status").first).to_contain_text("2 ratings imported. 1 film added to your watchlist.")
    expect(page.locator(".card").first).to_be_visible()
    page.goto("/ratings/")
    expect(page.locator(".rows h2")).to_have_text(["Toy Story 2", "The Matrix"])


@both_ways
def test_ambiguous_lines_and_the_scale_are_answered(as_member: AsMember, tmp_path: Path, scripts: bool) -> None:
    page = as_member(java_script_enabled=scripts, width=390)
    sheet = tmp_path / "films.csv"
    sheet.write_text("Title,Year,Rating\nMatrix,,4\nHeat,1995,5\nNo Such Film,1990,1\n")
    page.goto("/ratings/import/")
    page.get_by_label("CSV file").set_input_files(sheet)
    page.get_by_role("button", name="Preview import").click()
    page.get_by_role("radio", name="ten points").check()
    page.get_by_role("group", name="Matrix").get_by_role("radio", name="The Matrix (1999)").check()
    page.get_by_role("button", name="Import 1 rating").click()
    expect(page.get_by_role("status").first).to_contain_text("2 ratings imported")
    page.goto("/ratings/")
    expect(page.locator(".rows h2")).to_have_count(2)


@both_ways
def test_ratings_are_found_and_changed_in_place(as_member: AsMember, scripts: bool) -> None:
    page = as_member(java_script_enabled=scripts)
    rate_some(page, 5)
    page.goto("/ratings/")
    rows = page.locator(".rows > li")
    expect(rows).to_have_count(5)
    title = rows.nth(2).locator("h2").inner_text()
    page.get_by_role("searchbox", name="Title").fill(title)
    if scripts:
        page.keyboard.press("Tab")
        expect(rows).to_have_count(1)
        give(page, "1½ stars")
    else:
        page.get_by_role("button", name="Show", exact=True).click()
        expect(rows).to_have_count(1)
        stars(page).get_by_role("radio", name="1½ stars", exact=True).check(force=True)
        page.get_by_role("button", name="Save").click()
    page.goto("/ratings/?stars=low")
    expect(rows.locator("h2")).to_have_text([title])


def test_statistics_are_drawn(as_member: AsMember) -> None:
    page = as_member()
    rate_some(page, 6)
    page.goto("/ratings/statistics/")
    expect(page.get_by_role("img", name=re.compile(r"^6 ratings: ½ star 0"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile(r"20\d\d: 6, average 4\.\d"))).to_be_visible()
    expect(page.get_by_role("table", name="Genre")).to_be_visible()


def test_members_download_their_data(as_member: AsMember) -> None:
    page = as_member()
    rate_some(page, 2)
    page.goto("/account/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download your data").click()
    data = json.loads(download.value.path().read_text())
    assert data["username"] == page.member  # type: ignore[attr-defined]
    assert len(data["ratings"]) == 2


@both_ways
def test_an_email_address_is_added_confirmed_and_changed(as_member: AsMember, mail_folder: Path, scripts: bool) -> None:
    page = as_member(java_script_enabled=scripts)
    name = page.member  # type: ignore[attr-defined]
    for address in (f"{name}@example.org", f"{name}@example.net"):
        set_email(page, mail_folder, address)
    page.goto("/account/")
    expect(page.get_by_role("main")).to_contain_text(f"{name}@example.net")


@both_ways
def test_a_forgotten_password_is_reset(as_member: AsMember, mail_folder: Path, scripts: bool) -> None:
    page = as_member(java_script_enabled=scripts)
    name = page.member  # type: ignore[attr-defined]
    address = f"{name}@example.com"
    set_email(page, mail_folder, address)
    page.context.clear_cookies()
    for path in mail_folder.iterdir():
        path.unlink()
    page.goto("/accounts/login/")
    page.get_by_role("link", name=re.compile("Forgot")).click()
    page.get_by_label("Email").fill(address)
    page.get_by_role("button", name="Reset My Password").click()
    page.goto(link_in(mail_to(mail_folder, address)))
    for field in page.locator("main input[type=password]").all():
        field.fill("another-long-horse-7")
    page.get_by_role("button", name="Change Password").click()
    expect(page.get_by_role("main")).to_contain_text("changed")
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill("another-long-horse-7")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    expect(page.locator("h1")).to_contain_text(name)


@both_ways
def test_members_delete_their_account(as_member: AsMember, scripts: bool) -> None:
    page = as_member(java_script_enabled=scripts)
    name = page.member  # type: ignore[attr-defined]
    page.goto("/account/")
    page.get_by_role("link", name="Delete your account").click()
    page.get_by_label("Your username").fill("somebody else")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_text("That is not your username.")).to_be_visible()
    page.get_by_label("Your username").fill(name)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("status").first).to_contain_text("have been deleted")
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".errorlist")).to_be_visible()


def test_a_member_signs_out_and_in(as_member: AsMember) -> None:
    page: Page = as_member()
    name = page.member  # type: ignore[attr-defined]
    page.goto("/")
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("banner").get_by_role("link", name="Sign in").click()
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_contain_text(name)
