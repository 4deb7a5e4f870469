"""Bulk actions of catalogue editors: merge, change, export and import."""

from datetime import timedelta
from http import HTTPStatus
from io import BytesIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.support import worlds
from movies import merging, services
from movies.models import Genre, Movie, MovieTag, Rating, Tag, User, WatchlistItem
from movies.transfer.csv_escaping import escape_formula, unescape_formula

pytestmark = [pytest.mark.django_db, pytest.mark.database]
LIST = "/admin/movies/movie/"


@pytest.fixture
def boss(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss", "boss@example.org"))
    return client


@pytest.fixture
def movies(db: None) -> list[Movie]:
    return worlds.three_movies(year_of_the_last=None)


@pytest.fixture
def twins(movies: list[Movie]) -> tuple[Movie, Movie]:
    """Two entries of Alien, rated and on watchlists of partly the same users."""
    alien, duplicate = movies[0], Movie.objects.create(title="Alien", imdb_id=78748)
    duplicate.genres.add(Genre.objects.get(slug="comedy"))
    first, second = User.objects.filter(ratings__movie=alien).order_by("pk")[:2]
    services.rate(user=first, movie=duplicate, half_stars=2)
    Rating.objects.filter(user=first, movie=alien).update(rated_at=timezone.now() - timedelta(days=9))
    Rating.objects.create(user=second, movie=duplicate, half_stars=1, rated_at=timezone.now() - timedelta(days=9))
    services.rate(user=User.objects.create(username="only-duplicate"), movie=duplicate, half_stars=7)
    for movie in (alien, duplicate):
        services.watch(user=first, movie=movie)
    services.watch(user=second, movie=duplicate)
    return alien, duplicate


def counted(movie: Movie) -> tuple[int, int]:
    half_stars = list(Rating.objects.filter(movie=movie).values_list("half_stars", flat=True))
    return len(half_stars), sum(half_stars)


def test_a_merged_movie_keeps_the_data_of_both(twins: tuple[Movie, Movie]) -> None:
    alien, duplicate = twins
    first = Rating.objects.filter(movie=alien).order_by("user_id")[0]
    merging.merge_movies(alien, [duplicate])
    alien.refresh_from_db()
    assert not Movie.objects.filter(pk=duplicate.pk).exists()
    assert Rating.objects.get(user=first.user).half_stars == 2, "the later of two ratings wins"
    assert (alien.rating_count, alien.rating_sum) == counted(alien)
    assert alien.rating_count == 4
    assert alien.imdb_id == 78748
    assert {genre.slug for genre in alien.genres.all()} == {"horror", "comedy"}
    assert WatchlistItem.objects.filter(movie=alien).count() == 2


def test_a_merged_tag_is_on_the_movies_of_both(movies: list[Movie], ada: User) -> None:
    keep, other = (Tag.objects.create(name=name) for name in ("sci-fi", "scifi"))
    for movie, tag in ((movies[0], keep), (movies[0], other), (movies[1], other)):
        MovieTag.objects.create(user=ada, movie=movie, tag=tag)
    merging.merge_tags(keep, [other])
    assert set(MovieTag.objects.values_list("movie", "tag")) == {(movies[0].pk, keep.pk), (movies[1].pk, keep.pk)}


def act(client: Client, action: str, rows: list[Any], **more: Any) -> Any:
    post = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return client.post(LIST, post, follow=True)


def test_merging_is_confirmed_and_logged(boss: Client, twins: tuple[Movie, Movie]) -> None:
    page = act(boss, "merge_selected_movies", list(twins)).content.decode()
    assert "affects 2 rows" in page
    assert Movie.objects.filter(title="Alien").count() == 2
    page = act(boss, "merge_selected_movies", list(twins), confirmed="yes", keep=twins[0].pk).content.decode()
    assert "2 rows merged into" in page
    assert Movie.objects.get(title="Alien") == twins[0]
    assert "merged into" in LogEntry.objects.get(object_id=twins[0].pk).change_message


def test_one_movie_cannot_be_merged(boss: Client, movies: list[Movie]) -> None:
    assert "Select 2 to 20 duplicates" in act(boss, "merge_selected_movies", movies[:1]).content.decode()


@pytest.mark.parametrize(("action", "left"), [("add_genre", 3), ("remove_genre", 0)])
def test_a_genre_is_added_to_or_removed_from_many_movies(
    boss: Client, movies: list[Movie], action: str, left: int
) -> None:
    comedy = Genre.objects.get(slug="comedy")
    assert "This affects 3 rows" in act(boss, action, movies).content.decode()
    assert comedy.movies.count() == 2
    act(boss, action, movies, confirmed="yes", genre=comedy.pk)
    assert comedy.movies.count() == left


def test_exported_texts_are_not_formulas(boss: Client, movies: list[Movie]) -> None:
    Movie.objects.create(title="=1+1", alternative_title="@SUM(A1)")
    response = boss.get(f"{LIST}export/")
    text = response.content.decode()
    assert response.headers["Content-Type"].startswith("text/csv")
    assert ",'=1+1,'@SUM(A1)," in text
    assert "Horror" in text


@pytest.mark.parametrize(
    "text", ["=1+1", "'=1+1", "'quoted", "-5", "plain", "", "'", "\n=1", " =1", "' =1", "＝1", "＋1"]
)
def test_escaping_a_formula_is_reversible(text: str) -> None:
    assert unescape_formula(escape_formula(text)) == text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\n=", "'＝"])
def test_every_start_of_a_formula_is_escaped(start: str) -> None:
    assert escape_formula(f"{start}cmd") == f"'{start}cmd"


def test_exported_genres_are_not_formulas(boss: Client, movies: list[Movie]) -> None:
    movies[0].genres.add(Genre.objects.create(name="=Evil", slug="evil"))
    assert "'=Evil" in boss.get(f"{LIST}export/").content.decode()


def test_an_unknown_genre_is_an_error_of_its_row(boss: Client, movies: list[Movie]) -> None:
    lines = ["id,title,alternative_title,year,genres,imdb_id,tmdb_id,movielens_id"]
    lines += [f"{movies[0].pk},Alien,,1979,Horror|Westerm,,,", ",New,,2001,Comedy,,,"]
    file = SimpleUploadedFile("movies.csv", "\n".join(lines).encode(), "text/csv")
    page = boss.post(f"{LIST}import/", {"import_file": file, "format": 0, "resource": 0})
    assert "Unknown genre “Westerm”. Correct the name, or add the genre first." in page.content.decode()
    assert "confirm_form" not in page.context
    assert {genre.slug for genre in movies[0].genres.all()} == {"horror"}


def test_an_import_is_previewed(boss: Client, movies: list[Movie]) -> None:
    lines = ["id,title,alternative_title,year,genres,imdb_id,tmdb_id,movielens_id"]
    lines += [f"{movies[0].pk},Alien,,1980,Horror|Comedy,78748,,", ",'=New,,2001,Comedy,,,"]
    file = SimpleUploadedFile("movies.csv", "\n".join(lines).encode(), "text/csv")
    page = boss.post(f"{LIST}import/", {"import_file": file, "format": 0, "resource": 0})
    assert page.status_code == HTTPStatus.OK
    assert Movie.objects.count() == 3, "nothing is saved yet"
    shown = page.content.decode()
    assert "<del>1979</del> <ins>1980</ins>" in shown
    assert " style=" not in shown
    form = page.context["confirm_form"]
    confirmed = boss.post(f"{LIST}process_import/", form.initial, follow=True)
    assert "1 new, 1 updated" in confirmed.content.decode()
    movies[0].refresh_from_db()
    assert (movies[0].year, movies[0].imdb_id, movies[0].genres.count()) == (1980, 78748, 2)
    assert Movie.objects.get(year=2001).title == "=New"
    assert movies[0].rating_count == 3


def test_an_invalid_file_is_not_imported(boss: Client, movies: list[Movie]) -> None:
    file = BytesIO(b"id,title,year\n,Metropolis,1066\n")
    file.name = "movies.csv"
    page = boss.post(f"{LIST}import/", {"import_file": file, "format": 0, "resource": 0}).content.decode()
    assert "greater than or equal to 1870" in page
    assert "confirm_form" not in page
    assert Movie.objects.count() == 3


def test_closed_accounts_cannot_sign_in(boss: Client, ada: User) -> None:
    post = {"action": "close_accounts", "_selected_action": [ada.pk], "confirmed": "yes"}
    boss.post(reverse("admin:movies_user_changelist"), post)
    ada.refresh_from_db()
    assert not ada.is_active
