"""The pages of an import: what the preview says, corrections, answers, lists and saving."""

import csv
import io
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from movies import services
from movies.models import Movie, Rating, User, WatchlistItem
from movies.transfer import preview

HEADER = "Date,Name,Year,Letterboxd URI"


@pytest.fixture
def movies(db: None) -> dict[str, Movie]:
    movies = [
        Movie.objects.create(title="The Matrix", year=1999, imdb_id=133093),
        Movie.objects.create(title="Heat", year=1995, imdb_id=113277),
        Movie.objects.create(title="Alien", year=1979, imdb_id=78748),
        Movie.objects.create(title="Brazil", year=1985),
    ]
    return {movie.title: movie for movie in movies}


def upload(client: Client, data: str | bytes, name: str = "ratings.csv") -> tuple[str, str]:
    """Upload a file; return the text of the preview and its token."""
    file = SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data)
    page = client.post(reverse("movies:import"), {"file": file}).content.decode()
    token = page.partition('name="token" value="')[2].partition('"')[0]
    return " ".join(re.sub(r"<[^>]+>", "", page).split()), token


def text_of(client: Client, view: str, *args: str) -> str:
    page = client.get(reverse(f"movies:{view}", args=args)).content.decode()
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def save(client: Client, token: str, **more: str) -> str:
    response = client.post(reverse("movies:save-import"), {"token": token, **more}, follow=True)
    return " ".join(re.sub(r"<[^>]+>", "", response.content.decode()).split())


def letterboxd_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "ratings.csv", f"{HEADER},Rating\n2020-01-02,The Matrix,1999,x,4.5\n2020-01-03,Nowhere,2001,x,5\n"
        )
        archive.writestr("watched.csv", f"{HEADER}\n2020-01-02,The Matrix,1999,x\n2020-01-02,Brazil,1985,x\n")
        archive.writestr("watchlist.csv", f"{HEADER}\n2020-01-02,Alien,1979,x\n2020-01-02,The Matrix,1999,x\n")
    return buffer.getvalue()


@pytest.mark.database
def test_a_zip_gives_ratings_and_watchlist_and_says_what_is_not_imported(
    movies: dict[str, Movie], ada: User, member: Client
) -> None:
    page, token = upload(member, letterboxd_zip(), "letterboxd.zip")
    assert "1 rating to import" in page
    assert "ratings.csv: read as “Letterboxd ratings”, ratings out of five stars." in page
    assert "Add 1 film to your watchlist" in page
    assert "1 film that you saw without rating is not imported yet." in page
    assert "1 film not found" in page
    assert "1 rating imported. 1 film added to your watchlist." in save(member, token)
    assert list(Rating.objects.values_list("movie__title", "half_stars")) == [("The Matrix", 9)]
    assert list(WatchlistItem.objects.values_list("movie__title", flat=True)) == ["Alien"]


def test_the_watchlist_can_be_left_out(movies: dict[str, Movie], ada: User, member: Client) -> None:
    _, token = upload(member, letterboxd_zip(), "letterboxd.zip")
    save(member, token, watchlist="no")
    assert (Rating.objects.count(), WatchlistItem.objects.count()) == (1, 0)


@pytest.mark.database
def test_a_second_import_of_a_file_changes_nothing(movies: dict[str, Movie], ada: User, member: Client) -> None:
    for _ in range(2):
        _, token = upload(member, letterboxd_zip(), "letterboxd.zip")
        for _ in range(2):
            save(member, token)
        before = list(Rating.objects.values()), list(WatchlistItem.objects.values())
    page, token = upload(member, letterboxd_zip(), "letterboxd.zip")
    assert "0 ratings to import" in page
    assert "already rated 1 of these movies" in page
    save(member, token)
    assert (list(Rating.objects.values()), list(WatchlistItem.objects.values())) == before


def test_a_missed_line_is_searched_and_set_by_hand(movies: dict[str, Movie], ada: User, member: Client) -> None:
    _, token = upload(member, f"{HEADER},Rating\n2020-01-02,Neo und Zion,1999,x,4.5\n2020-01-02,Heat,1995,x,4\n")
    assert "No movie matches “Neo und Zion”" in text_of(member, "import-line", token, "0-2")
    address = reverse("movies:import-line", args=[token, "0-2"])
    assert "The Matrix (1999)" in member.get(address, {"q": "matrix"}).content.decode()
    member.post(address, {"movie": movies["The Matrix"].pk})
    page = text_of(member, "import-preview", token)
    assert "2 ratings to import" in page
    assert "The Matrix (1999) for “Neo und Zion (1999)”" in page
    assert "not found" not in page
    save(member, token)
    assert set(Rating.objects.values_list("movie__title", "half_stars")) == {("The Matrix", 9), ("Heat", 8)}


def test_a_match_can_be_corrected_and_left_out(movies: dict[str, Movie], ada: User, member: Client) -> None:
    _, token = upload(member, f"{HEADER},Rating\n2020-01-02,The Matrix,1999,x,4.5\n2020-01-02,Heat,1995,x,4\n")
    member.post(reverse("movies:import-line", args=[token, "0-2"]), {"movie": movies["Alien"].pk})
    member.post(reverse("movies:import-line", args=[token, "0-3"]), {"movie": "none"})
    assert "1 line left out by you" in text_of(member, "import-preview", token)
    save(member, token)
    assert list(Rating.objects.values_list("movie__title", "half_stars")) == [("Alien", 9)]


@pytest.mark.parametrize("choice", ["", "0", "999999", "x", "9" * 30, "-1"])
def test_a_choice_that_is_no_movie_changes_nothing(
    movies: dict[str, Movie], ada: User, member: Client, choice: str
) -> None:
    _, token = upload(member, f"{HEADER},Rating\n2020-01-02,Heat,1995,x,4\n")
    member.post(reverse("movies:import-line", args=[token, "0-2"]), {"movie": choice})
    save(member, token)
    assert list(Rating.objects.values_list("movie__title", flat=True)) == ["Heat"]


def test_ambiguous_lines_are_asked_with_covers(movies: dict[str, Movie], ada: User, member: Client) -> None:
    other = Movie.objects.create(title="Heat", year=1995)
    page, token = upload(member, f"{HEADER},Rating\n2020-01-02,Heat,1995,x,4\n2020-01-02,Alien,1979,x,3\n")
    assert "1 line may mean more than one" in page
    html = member.get(reverse("movies:import-preview", args=[token])).content.decode()
    assert all(movie.cover_url in html for movie in (movies["Heat"], other))
    save(member, token, answers="yes", **{"line-0-2": str(movies["Alien"].pk)})
    assert "1 line may mean more than one" in text_of(member, "import-preview", token)
    save(member, token, answers="yes", **{"line-0-2": str(other.pk)})
    assert "2 ratings to import" in text_of(member, "import-preview", token)
    assert not Rating.objects.exists()
    save(member, token)
    assert set(Rating.objects.values_list("movie", flat=True)) == {other.pk, movies["Alien"].pk}


def test_an_unanswered_line_is_left_out(movies: dict[str, Movie], ada: User, member: Client) -> None:
    Movie.objects.create(title="Heat", year=1995)
    _, token = upload(member, f"{HEADER},Rating\n2020-01-02,Heat,1995,x,4\n2020-01-02,Alien,1979,x,3\n")
    save(member, token)
    assert list(Rating.objects.values_list("movie__title", flat=True)) == ["Alien"]


@pytest.mark.parametrize(("scale", "half_stars"), [("5", 8), ("10", 4)])
def test_the_scale_is_asked_when_two_fit(
    movies: dict[str, Movie], ada: User, member: Client, scale: str, half_stars: int
) -> None:
    page, token = upload(member, "Title,Year,Rating\nHeat,1995,4\n")
    assert "What is the best rating in this file?" in page
    assert "Say whether these ratings are out of five or of ten." in save(member, token)
    assert not Rating.objects.exists()
    save(member, token, scale=scale)
    assert list(Rating.objects.values_list("half_stars", flat=True)) == [half_stars]


def test_half_stars_make_five_the_suggested_scale(movies: dict[str, Movie], ada: User, member: Client) -> None:
    _, token = upload(member, 'Title,Year,Rating\nHeat,1995,"4,5"\n')
    html = member.get(reverse("movies:import-preview", args=[token])).content.decode()
    assert re.search(r'name="scale" value="5" required checked', html)
    save(member, token)
    assert list(Rating.objects.values_list("half_stars", flat=True)) == [9]


def test_another_layout_can_be_chosen(movies: dict[str, Movie], ada: User, member: Client) -> None:
    page, token = upload(member, f"{HEADER}\n2020-01-02,Alien,1979,x\n", "films.csv")
    assert "Read as “Letterboxd likes”" in page
    assert "1 like is not imported" in page
    member.post(reverse("movies:import-preview", args=[token]), {"layout": "letterboxd-watchlist"})
    assert "Add 1 film to your watchlist" in text_of(member, "import-preview", token)
    save(member, token, watchlist="yes")
    assert list(WatchlistItem.objects.values_list("movie__title", flat=True)) == ["Alien"]


def test_columns_and_scale_of_another_csv_are_named(movies: dict[str, Movie], ada: User, member: Client) -> None:
    page, token = upload(member, "Was;Wann;Wie gut\nHeat;1995;3\n")
    assert "Read as “Another CSV”" in page
    assert "1 line without a rating is left out." in page
    named = {"column-title": "Was", "column-year": "Wann", "column-rating": "Wie gut", "column-imdb": "no such"}
    member.post(reverse("movies:import-preview", args=[token]), {"layout": "other", "scale": "10", **named})
    assert "1 rating to import" in text_of(member, "import-preview", token)
    save(member, token)
    assert list(Rating.objects.values_list("movie__title", "half_stars")) == [("Heat", 3)]


def test_television_is_set_aside_and_counted(movies: dict[str, Movie], member: Client) -> None:
    text = (
        "Const,Your Rating,Date Rated,Title,Title Type,Year\ntt1,9,,Heat,TV Series,1995\ntt113277,8,,Heat,Movie,1995\n"
    )
    page, token = upload(member, text)
    assert "1 rating to import" in page
    assert "1 series, episode or other TV is set aside" in page
    assert "Heat line 2" in text_of(member, "import-lines", token, "aside")


def test_rounded_ratings_are_mentioned(movies: dict[str, Movie], member: Client) -> None:
    page, _ = upload(member, "Title,Year,Rating\nHeat,1995,8.5\nAlien,1979,7\n")
    assert "1 rating lay between two half stars, such as 8.5 of ten, and is rounded to the nearest." in page


def test_all_missed_lines_are_listed_and_downloaded(movies: dict[str, Movie], member: Client) -> None:
    rows = "".join(f"2020-01-02,Nowhere {n},2001,x,3\n" for n in range(250))
    page, token = upload(member, f"{HEADER},Rating\n{rows}2020-01-02,=1+1,2001,x,3\n")
    assert "251 films not found" in page
    assert "see all 251" in page
    first, second = (
        member.get(reverse("movies:import-lines", args=[token, "missed"]), {"page": n}).content.decode() for n in (1, 2)
    )
    assert "Nowhere 0 (2001)" in first
    assert "Nowhere 249 (2001)" in second
    download = b"".join(member.get(reverse("movies:import-missed", args=[token]))).decode()
    lines = list(csv.DictReader(io.StringIO(download)))
    assert (len(lines), lines[0]["Line"], lines[0]["Film"]) == (251, "2", "Nowhere 0 (2001)")
    assert lines[250]["Film"].startswith("'=")


@pytest.mark.parametrize("which", ["ready", "watchlist", "missed", "aside", "rejected"])
def test_each_list_has_a_page(movies: dict[str, Movie], member: Client, which: str) -> None:
    _, token = upload(member, letterboxd_zip(), "letterboxd.zip")
    assert member.get(reverse("movies:import-lines", args=[token, which])).status_code == 200
    assert member.get(reverse("movies:import-lines", args=[token, "other"])).status_code == 404
    assert member.get(reverse("movies:import-line", args=[token, "7-7"])).status_code == 404


@pytest.mark.parametrize(
    ("view", "more"),
    [("import-preview", ()), ("import-missed", ()), ("import-line", ("0-2",)), ("import-lines", ("missed",))],
)
def test_a_preview_is_private_to_its_member(
    movies: dict[str, Movie], member: Client, view: str, more: tuple[str, ...]
) -> None:
    _, token = upload(member, f"{HEADER},Rating\n2020-01-02,Heat,1995,x,4\n")
    eve = Client()
    eve.force_login(User.objects.create_user("eve", password="eavesdropper-9"))
    response = eve.get(reverse(f"movies:{view}", args=[token, *more]), follow=True)
    assert "This preview has expired. Choose the file again." in response.content.decode()
    assert "This preview has expired" in save(eve, token)
    assert not Rating.objects.exists()


def test_a_preview_is_deleted_with_its_account(movies: dict[str, Movie], ada: User, member: Client) -> None:
    _, token = upload(member, f"{HEADER},Rating\n2020-01-02,Heat,1995,x,4\n")
    assert preview.load(ada, token)
    pk = ada.pk
    ada.delete()
    assert preview.load(User(pk=pk), token) is None


def test_existing_ratings_stay_as_they_are(movies: dict[str, Movie], ada: User, member: Client) -> None:
    services.rate(user=ada, movie=movies["Heat"], half_stars=2)
    page, token = upload(member, f"{HEADER},Rating\n2020-01-02,Heat,1995,x,4\n")
    assert "0 ratings to import" in page
    save(member, token)
    assert list(Rating.objects.values_list("half_stars", flat=True)) == [2]
