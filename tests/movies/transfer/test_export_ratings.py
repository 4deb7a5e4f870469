"""`manage.py export_ratings` writes releases that `load_movielens` reads without loss."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from movies import services
from movies.models import Genre, Movie, MovieTag, Rating, Tag, User
from movies.titles import parse_title, unparse_title
from tests.support import releases
from tests.support.environment import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.database]

FIXTURES = ROOT / "fixtures" / "ml-latest-small"


def stored() -> list[list[Any]]:
    """Return the catalogue, ratings and tags by MovieLens ids."""
    ratings = Rating.objects.order_by("user__movielens_id", "movie__movielens_id")
    tags = MovieTag.objects.order_by("user__movielens_id", "movie__movielens_id", "tag__key")
    movies = Movie.objects.order_by("movielens_id")
    return [
        list(movies.values_list("movielens_id", "title", "alternative_title", "year", "imdb_id", "tmdb_id")),
        sorted(movies.values_list("movielens_id", "genres__name"), key=str),
        list(movies.values_list("movielens_id", "rating_count", "rating_sum")),
        list(ratings.values_list("user__movielens_id", "movie__movielens_id", "half_stars", "rated_at")),
        list(tags.values_list("user__movielens_id", "movie__movielens_id", "tag__key", "tagged_at")),
    ]


def delete_everything() -> None:
    for model in (Rating, MovieTag, Tag, User, Movie, Genre):
        model.objects.all().delete()


def test_a_round_trip_loses_nothing(tmp_path: Path) -> None:
    texts = {"movies": releases.MOVIES + '7,"=1+1, or ""@two"" (Zwei, Der) (1999)",Drama\n'}
    call_command("load_movielens", releases.write(tmp_path / "ml", **texts), json=True)
    before = stored()
    call_command("export_ratings", tmp_path / "out" / "ml")
    delete_everything()
    call_command("load_movielens", tmp_path / "out" / "ml", json=True)
    assert stored() == before
    assert len(before[0]) == 4


def test_loading_an_export_is_a_no_op(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_movielens", releases.write(tmp_path / "ml"), json=True)
    call_command("export_ratings", tmp_path / "out")
    before = stored()
    capsys.readouterr()
    call_command("load_movielens", tmp_path / "out")
    assert "Nothing changed" in capsys.readouterr().out
    assert stored() == before


def test_members_and_movies_without_a_movielens_id_get_higher_ids(tmp_path: Path) -> None:
    call_command("load_movielens", releases.write(tmp_path / "ml"), json=True)
    ada, movie = User.objects.create_user("ada"), Movie.objects.create(title="Ours", year=2024)
    services.rate(user=ada, movie=movie, half_stars=7)
    call_command("export_ratings", tmp_path / "out")
    lines = (tmp_path / "out" / "ratings.csv").read_text().splitlines()
    at = int(Rating.objects.get(user=ada).rated_at.timestamp())
    assert f"8,2572,3.5,{at}" in lines
    assert len(lines) == 5
    assert "2572,Ours (2024),(no genres listed)" in (tmp_path / "out" / "movies.csv").read_text().splitlines()


@pytest.mark.parametrize(("people", "ratings"), [("all", 4), ("movielens", 3), ("site", 1)])
def test_an_export_can_be_limited_to_some_users(tmp_path: Path, people: str, ratings: int) -> None:
    call_command("load_movielens", releases.write(tmp_path / "ml"), json=True)
    services.rate(user=User.objects.create_user("ada"), movie=Movie.objects.earliest("pk"), half_stars=7)
    call_command("export_ratings", tmp_path / "out", "--people", people)
    assert len((tmp_path / "out" / "ratings.csv").read_text().splitlines()) == ratings + 1


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="exists"):
        call_command("export_ratings", tmp_path)


def test_every_bundled_title_keeps_its_parts() -> None:
    titles = (FIXTURES / "movies.csv").read_text().splitlines()[1:]
    parts = [parse_title(line.split(",", 1)[1].rsplit(",", 1)[0].strip('"')) for line in titles]
    assert [parse_title(unparse_title(*part)) for part in parts] == parts
