"""Entries are matched as a person would: variants are found, contradictions never match, doubt is asked."""

import csv
from pathlib import Path

import pytest

from movies.models import Movie
from movies.titles import parse_title
from movies.transfer.entries import Entry
from movies.transfer.matching import Found, match
from tests.support.environment import ROOT

VARIANTS = Path(__file__).parent / "data" / "title_variants.csv"


def bundled() -> list[Movie]:
    """Store the titles, years and ids of the bundled catalogue."""
    with (ROOT / "fixtures/ml-latest-small/movies.csv").open(newline="") as file:
        titles = [(int(row["movieId"]), parse_title(row["title"])) for row in csv.DictReader(file)]
    movies = [
        Movie(movielens_id=pk, title=title.title, alternative_title=title.alternative, year=title.year)
        for pk, title in titles
    ]
    return Movie.objects.bulk_create(movies, batch_size=500)


@pytest.fixture
def heat(db: None) -> Movie:
    return Movie.objects.create(title="Heat", year=1995, imdb_id=113277, tmdb_id=949, movielens_id=6)


def found(title: str = "", year: int | None = None, **ids: int) -> Found:
    return match([Entry(2, half_stars=8, title=title, year=year, **ids)])[0]  # type: ignore[arg-type]


@pytest.mark.django_db
def test_variants_of_real_titles_are_found_and_none_is_wrong() -> None:
    titles = {movie.pk: movie.title for movie in bundled()}
    with VARIANTS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    entries = [
        Entry(n, title=row["variant"], year=int(row["year"]) if row["year"] else parse_title(row["variant"]).year)
        for n, row in enumerate(rows)
    ]
    pairs = [(titles.get(result.movie or 0), row["movie"]) for result, row in zip(match(entries), rows, strict=True)]
    right = sum(name == expected for name, expected in pairs)
    print(f"@ {right} of {len(pairs)} variants found")
    assert [pair for pair in pairs if pair[0] not in (None, pair[1])] == []
    assert len(pairs) > 200
    assert right >= 0.97 * len(pairs)


@pytest.mark.django_db
def test_alternative_titles_are_found() -> None:
    named = [(movie, name) for movie in bundled() for name in movie.alternative_title.split(" / ") if name]
    results = match([Entry(n, title=name, year=movie.year) for n, (movie, name) in enumerate(named)])
    right = sum(result.movie == movie.pk for result, (movie, _) in zip(results, named, strict=True))
    print(f"@ {right} of {len(named)} alternative titles found")
    assert right >= 0.95 * len(named)


@pytest.mark.django_db
def test_no_title_matches_another_movie_of_its_year() -> None:
    movies = bundled()
    years = {movie.pk: movie.year for movie in movies}
    results = match([Entry(movie.pk, title=movie.title, year=movie.year) for movie in movies])
    wrong = [movie for movie, result in zip(movies, results, strict=True) if result.movie not in (None, movie.pk)]
    assert wrong == []
    assert all(years[result.movie] == movie.year for movie, result in zip(movies, results, strict=True) if result.movie)


@pytest.mark.database
def test_ids_come_before_titles(heat: Movie) -> None:
    assert found("Another name", 2001, imdb_id=113277) == Found(heat.pk)
    assert found(tmdb_id=949) == Found(heat.pk)
    assert found(movielens_id=6) == Found(heat.pk)


@pytest.mark.database
@pytest.mark.parametrize("ids", [{"imdb_id": 1}, {"tmdb_id": 1}, {"movielens_id": 1}, {"imdb_id": 1, "tmdb_id": 2}])
def test_a_line_whose_id_contradicts_never_falls_back_to_its_title(heat: Movie, ids: dict[str, int]) -> None:
    assert found("Heat", 1995, **ids) == Found()


def test_the_imdb_id_decides_about_a_changed_tmdb_id(heat: Movie) -> None:
    assert found("Heat", 1995, imdb_id=113277, tmdb_id=1) == Found(heat.pk)
    assert found("Heat", 1995, imdb_id=1, tmdb_id=949) == Found(options=(heat.pk,))


def test_ids_of_different_movies_are_asked_about(heat: Movie) -> None:
    alien = Movie.objects.create(title="Alien", year=1979, imdb_id=78748, tmdb_id=348)
    result = found("Heat", 1995, imdb_id=113277, tmdb_id=348)
    assert result.movie is None
    assert set(result.options) == {heat.pk, alien.pk}


def test_a_movie_without_ids_matches_by_title(db: None) -> None:
    movie = Movie.objects.create(title="Heat", year=1995)
    assert found("Heat", 1995, imdb_id=113277) == Found(movie.pk)


@pytest.mark.database
@pytest.mark.parametrize(
    ("title", "year", "matches"),
    [
        ("Heat", 1995, True),
        ("Heat", 1996, True),
        ("heat", 1994, True),
        ("Heat", 1997, False),
        ("Heat", None, True),
        ("The Heat", 1995, True),
        ("The Heat", 1996, False),
        ("The Heat", None, False),
        ("Heat 2", 1995, False),
    ],
)
def test_years_and_articles(heat: Movie, title: str, year: int | None, matches: bool) -> None:
    assert (found(title, year).movie == heat.pk) is matches


def test_a_match_without_symbols_needs_the_same_year(db: None) -> None:
    movie = Movie.objects.create(title="[REC]", year=2007)
    assert found("Rec", 2007) == Found(movie.pk)
    assert found("Rec", 2008).movie is None
    assert found("[rec]", 2008) == Found(movie.pk)


def test_our_missing_year_matches_a_single_candidate(db: None) -> None:
    movie = Movie.objects.create(title="Moonlight")
    assert found("Moonlight", 2016) == Found(movie.pk)
    other = Movie.objects.create(title="Moonlight")
    assert set(found("Moonlight", 2016).options) == {movie.pk, other.pk}


def test_a_line_without_a_year_demands_a_single_candidate(db: None) -> None:
    movies = [Movie.objects.create(title="Hamlet", year=year) for year in (1948, 1990, 1996)]
    assert found("Hamlet") == Found(options=tuple(movie.pk for movie in movies))
    assert found("Hamlet", 1990) == Found(movies[1].pk)


def test_two_movies_of_one_name_and_year_are_asked_about(db: None) -> None:
    movies = [Movie.objects.create(title="Emma", year=1996) for _ in range(2)]
    assert set(found("Emma", 1996).options) == {movie.pk for movie in movies}


@pytest.mark.parametrize("title", ["Batman", "Kung Fu Panda: Secrets of the Furious Five"])
def test_a_part_of_a_series_is_not_taken_for_another(db: None, title: str) -> None:
    Movie.objects.create(title="Batman", year=1989)
    Movie.objects.create(title="Batman: Gotham Knight", year=2008)
    Movie.objects.create(title="Kung Fu Panda", year=2008)
    result = found(title, 2008)
    assert result.movie is None
    assert len(result.options) == 1


def test_original_titles_are_read(db: None) -> None:
    movie = Movie.objects.create(title="Hate", alternative_title="Haine, La", year=1995)
    assert match([Entry(2, title="A Name", other_titles=("La haine",), year=1995)]) == [Found(movie.pk)]
