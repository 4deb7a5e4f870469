"""Import, export and statistics of a member's ratings, and deletion of the account."""

import json
from datetime import date
from http import HTTPStatus

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from model_bakery import baker

from movies import services
from movies.models import Genre, HiddenMovie, Movie, Rating, SeenMovie, User, WatchlistItem
from movies.selectors.taste import taste_of
from movies.transfer import cells, ratings_csv
from movies.transfer.entries import MOST_BYTES, MOST_LINES, UnreadableError
from movies.transfer.reading import read

LETTERBOXD = """Date,Name,Year,Letterboxd URI,Rating
2021-05-01,The Matrix,1999,https://boxd.it/2a1m,4.5
2021-05-02,Amelie,2001,https://boxd.it/x,5
2021-05-03,Unheard Of,2020,https://boxd.it/y,1
2021-05-03,Alien,1979,https://boxd.it/z,eleven
"""
IMDB = """Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres
tt0133093,9,2020-01-02,The Matrix,The Matrix,https://x,Movie,8.7,136,1999,"Action, Sci-Fi"
tt0211915,10,2020-01-03,Amélie,Amélie,https://x,Movie,8.3,122,2001,"Comedy"
tt9999999,1,2020-01-04,Unheard Of,Unheard Of,https://x,Movie,1.0,90,2020,Drama
"""
MOVIELENS = "userId,movieId,rating,timestamp\n1,2571,4.5,1577923200\n1,4973,5.0,1577923200\n1,99999,1.0,1577923200\n"


@pytest.fixture
def movies(db: None) -> list[Movie]:
    return [
        Movie.objects.create(title="The Matrix", year=1999, imdb_id=133093, movielens_id=2571),
        Movie.objects.create(title="Amélie", year=2001, imdb_id=211915, movielens_id=4973),
        Movie.objects.create(title="Alien", year=1979, imdb_id=78748, movielens_id=1214),
    ]


def upload(client: Client, text: str | bytes) -> HttpResponse:
    data = text.encode() if isinstance(text, str) else text
    response = client.post(reverse("movies:import"), {"file": SimpleUploadedFile("ratings.csv", data)})
    assert isinstance(response, HttpResponse)
    return response


def save(client: Client, preview: HttpResponse) -> None:
    token = preview.content.decode().partition('name="token" value="')[2].partition('"')[0]
    client.post(reverse("movies:save-import"), {"token": token})


@pytest.mark.database
@pytest.mark.parametrize("text", [LETTERBOXD, IMDB, MOVIELENS], ids=["letterboxd", "imdb", "movielens"])
def test_ratings_of_other_sites_are_imported(movies: list[Movie], ada: User, member: Client, text: str) -> None:
    preview = upload(member, text)
    assert "2 ratings to import" in preview.content.decode()
    assert not Rating.objects.filter(user=ada).exists()
    save(member, preview)
    ratings = dict(Rating.objects.filter(user=ada).values_list("movie__title", "half_stars"))
    assert ratings == {"The Matrix": 9, "Amélie": 10}
    assert {rating.rated_at.year for rating in Rating.objects.filter(user=ada)} <= {2020, 2021}


@pytest.mark.database
def test_an_existing_rating_is_kept(movies: list[Movie], ada: User, member: Client) -> None:
    services.rate(user=ada, movie=movies[0], half_stars=2)
    preview = upload(member, LETTERBOXD)
    assert "already rated 1 of these movies" in preview.content.decode()
    save(member, preview)
    save(member, preview)
    ratings = dict(Rating.objects.filter(user=ada).values_list("movie__title", "half_stars"))
    assert ratings == {"The Matrix": 2, "Amélie": 10}


def test_the_preview_shows_unmatched_and_rejected_lines(movies: list[Movie], member: Client) -> None:
    page = upload(member, LETTERBOXD).content.decode()
    assert "Unheard Of (2020)" in page
    assert "“eleven” is not a rating" in page


def test_a_member_cannot_save_the_preview_of_another(movies: list[Movie], member: Client) -> None:
    eve = User.objects.create_user("eve", password="eavesdropper-9")
    other = Client()
    other.force_login(eve)
    save(other, upload(member, LETTERBOXD))
    assert not Rating.objects.filter(user=eve).exists()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\xff\xfe\x00garbag", "damaged"),
        (b"\xff\xfe\x00garbage", "nothing in this file"),
        (b"Title,Rating\n", "nothing in this file"),
        (b"\x00\x01\x02\xff\xfe", "not text"),
        (b"Title,Rating\n" + b"x" * MOST_BYTES, "larger than"),
    ],
)
def test_an_invalid_file_is_rejected_with_the_reason(member: Client, data: bytes, why: str) -> None:
    page = upload(member, data).content.decode()
    assert why in page


@pytest.mark.parametrize("text", ["0", "5.5", "4.3", "NaN", "inf", "", "４", "1e999999", "-1"])
def test_invalid_ratings_out_of_five(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rating"):
        cells.half_stars(text, cells.FIVE)


def test_too_many_lines_are_rejected() -> None:
    with pytest.raises(UnreadableError, match="more than"):
        read(b"Title,Rating\n" + b"A,5\n" * (MOST_LINES + 1))


def test_a_future_or_invalid_date_is_dropped() -> None:
    sheet = read(b"Title,Rating,Date\nA,5,2999-01-01\nB,5,soon\nC,5,2020-02-29\n")
    assert [entry.at and entry.at.year for entry in sheet.entries] == [None, None, 2020]


@pytest.mark.database
def test_an_export_can_be_imported(movies: list[Movie], ada: User, member: Client) -> None:
    services.rate(user=ada, movie=movies[0], half_stars=9)
    services.rate(user=ada, movie=movies[1], half_stars=1)
    response = member.get(reverse("movies:export"))
    text = b"".join(response).decode()
    assert "attachment" in response.headers["Content-Disposition"]
    assert text.splitlines()[0] == "Title,Year,Rating,WatchedDate,imdbID,tmdbID,movieId"
    Rating.objects.all().delete()
    save(member, upload(member, text))
    assert dict(Rating.objects.values_list("movie__title", "half_stars")) == {"The Matrix": 9, "Amélie": 1}


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_exported_titles_are_not_formulas(ada: User, title: str) -> None:
    movie = Movie.objects.create(title=title, year=1999)
    rows = list(ratings_csv.write([Rating(user=ada, movie=movie, half_stars=9)]))
    assert rows[1].lstrip('"').startswith("'")


@pytest.mark.database
def test_statistics_summarise_the_ratings(ada: User) -> None:
    genre = Genre.objects.create(name="Horror", slug="horror")
    for half_stars in (10, 8, 6):
        movie = baker.make(Movie, title="M", year=1985)
        movie.genres.add(genre)
        services.rate(user=ada, movie=movie, half_stars=half_stars)
    taste = taste_of(ada)
    assert taste is not None
    assert (taste.count, taste.mean, taste.histogram[9]) == (3, 4.0, 1)
    assert [(group.name, group.count, group.mean) for group in taste.genres + taste.decades] == [
        ("Horror", 3, 4.0),
        ("1980s", 3, 4.0),
    ]


def test_the_statistics_page_works_with_and_without_ratings(movies: list[Movie], ada: User, member: Client) -> None:
    assert "No statistics yet" in member.get(reverse("movies:statistics")).content.decode()
    services.rate(user=ada, movie=movies[0], half_stars=9)
    assert "4.50 stars on average" in member.get(reverse("movies:statistics")).content.decode()


def test_a_member_can_download_all_personal_data(movies: list[Movie], ada: User, member: Client) -> None:
    services.rate(user=ada, movie=movies[0], half_stars=9)
    services.watch(user=ada, movie=movies[1])
    services.hide(user=ada, movie=movies[2])
    services.see(user=ada, movie=movies[2], seen_on=date(2026, 1, 31))
    exported = json.loads(member.get(reverse("movies:export-account")).content)
    assert [rating["stars"] for rating in exported["ratings"]] == [4.5]
    assert [movie["title"] for movie in exported["watchlist"] + exported["not_interested"]] == ["Amélie", "Alien"]
    assert [(seen["title"], seen["seen_on"]) for seen in exported["seen"]] == [(movies[2].title, "2026-01-31")]
    assert "password" not in exported


@pytest.mark.database
def test_deleting_the_account_deletes_everything(movies: list[Movie], ada: User, member: Client) -> None:
    services.rate(user=ada, movie=movies[0], half_stars=9)
    services.watch(user=ada, movie=movies[1])
    services.hide(user=ada, movie=movies[2])
    services.see(user=ada, movie=movies[2])
    path = reverse("movies:leave")
    refused = member.post(path, {"name": "eve", "password": "lovelace-1815"})
    assert "That is not your username" in refused.content.decode()
    assert User.objects.filter(username="ada").exists()
    assert member.post(path, {"name": "ada", "password": "lovelace-1815"}).status_code == HTTPStatus.FOUND
    left = [model.objects.count() for model in (User, Rating, WatchlistItem, HiddenMovie, SeenMovie)]
    assert left == [0, 0, 0, 0, 0]
    movies[0].refresh_from_db()
    assert movies[0].rating_count == 0
