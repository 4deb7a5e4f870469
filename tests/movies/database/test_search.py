"""Title search by word prefixes, on both databases."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from movies import selectors
from movies.models import Movie
from movies.selectors import Browse
from movies.titles import plain

pytestmark = [pytest.mark.django_db, pytest.mark.database]

TITLES = [
    ("The Matrix", "", 1999, 500),
    ("The Matrix Reloaded", "", 2003, 300),
    ("Amélie", "Le Fabuleux Destin d'Amélie Poulain", 2001, 400),
    ("東京物語", "Tokyo Story", 1953, 50),
    ("8½", "8 1/2", 1963, 40),
    ("It's a Mad, Mad, Mad, Mad World", "", 1963, 30),
    ("A & B' :* | !x", "", 2010, 20),
    ("Łódź", "", 1999, 10),
]


@pytest.fixture
def movies() -> dict[str, Movie]:
    by_title = {}
    for title, other, year, ratings in TITLES:
        by_title[title] = Movie.objects.create(title=title, alternative_title=other, year=year, rating_count=ratings)
    return by_title


def search(text: str) -> list[str]:
    return [movie.title for movie in selectors.browse(Browse(text=text))]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("matrix", ["The Matrix", "The Matrix Reloaded"]),
        ("Matrix, The", ["The Matrix", "The Matrix Reloaded"]),
        ("MATR", ["The Matrix", "The Matrix Reloaded"]),
        ("atrix", []),
        ("matrix 1999", ["The Matrix"]),
        ("the the the", ["The Matrix", "The Matrix Reloaded"]),
        ("amelie", ["Amélie"]),
        ("amelié", ["Amélie"]),
        ("damelie", ["Amélie"]),
        ("東京", ["東京物語"]),
        ("tok sto", ["東京物語"]),
        ("8 1", ["8½"]),
        ("its mad", ["It's a Mad, Mad, Mad, Mad World"]),
        ("1999", ["The Matrix", "Łódź"]),
        ("lodz", ["Łódź"]),
        ("x b a", ["A & B' :* | !x"]),
        ("matrix NOT reloaded", []),
        ("matrix | zzz", []),
    ],
)
def test_words_match_by_prefix(movies: dict[str, Movie], text: str, titles: list[str]) -> None:
    assert search(text) == titles


@pytest.mark.parametrize("text", ["", "  ", "&", "':*", '"', "-", "\0"])
def test_a_text_without_words_restricts_nothing(movies: dict[str, Movie], text: str) -> None:
    assert len(search(text)) == len(movies)


def test_suggestions_are_the_most_rated_matches(movies: dict[str, Movie]) -> None:
    page = Client().get(reverse("movies:suggest"), {"q": "the m"}).content.decode()
    assert page.index("The Matrix <") < page.index("The Matrix Reloaded <")


def test_the_index_follows_every_write(movies: dict[str, Movie]) -> None:
    movie = movies["The Matrix"]
    movie.title = "Blade Runner"
    movie.save()
    assert search("matrix") == ["The Matrix Reloaded"]
    assert search("runner") == ["Blade Runner"]
    Movie.objects.filter(pk=movies["Łódź"].pk).update(search_text="renamed 1999")
    assert (search("lodz"), search("renamed")) == ([], ["Łódź"])
    Movie.objects.filter(pk=movie.pk).delete()
    assert search("runner") == []
    Movie.objects.bulk_create([Movie(title="Late", search_text="late 2020")])
    assert search("late") == ["Late"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL maintains its index itself")
def test_the_full_text_table_agrees_with_the_movies(movies: dict[str, Movie]) -> None:
    movies["Amélie"].delete()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO movies_search (movies_search, rank) VALUES ('integrity-check', 1)")


class AnyText(TestCase):
    @given(title=st.text(max_size=60), text=st.text(max_size=60))
    def test_every_movie_is_found_by_its_own_title_and_no_text_fails(self, title: str, text: str) -> None:
        title = title.replace("\0", "")
        movie = Movie.objects.create(title=title or "-")
        assert list(selectors.browse(Browse(text=title)).filter(pk=movie.pk)) == [movie]
        prefixes = plain(text).split()
        words = plain(title).split()
        matches = all(any(word.startswith(prefix) for word in words) for prefix in prefixes)
        assert selectors.browse(Browse(text=text)).filter(pk=movie.pk).exists() == matches
