"""Loading of the tag genome and demographics, and replacement of one release by another."""

from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from movies import services
from movies.models import Movie, MovieTag, Rating, Tag, User, WatchlistItem
from movies.models.genome import GenomeTag, GenomeVector
from movies.models.people import Demographics
from movies.selectors import genome as genome_selectors
from recommendations.training import dataset
from tests.movies.loading.loads import load
from tests.movies.loading.test_movielens_layouts import write
from tests.support import releases

pytestmark = [pytest.mark.django_db, pytest.mark.database]

TAGS = "tagId,tag\n1,pixar\n2,slow\n5,time travel\n"
SCORES = "movieId,tagId,relevance\n1,1,0.99375\n1,2,0.02500\n1,5,0.75\n2571,1,0.1\n2571,2,0.2\n2571,5,1\n"


def genome(folder: Path, tags: str = TAGS, scores: str = SCORES) -> Path:
    releases.write(folder)
    (folder / "genome-tags.csv").write_text(tags)
    (folder / "genome-scores.csv").write_text(scores)
    return folder


def strongest(movielens_id: int) -> list[str]:
    return [tag.name for tag in genome_selectors.strongest_tags(Movie.objects.get(movielens_id=movielens_id).pk)]


def test_the_genome_is_stored_as_a_vector_per_movie(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = load(genome(tmp_path / "ml"), capsys)
    assert summary["genome vectors"] == {"added": 2, "changed": 0, "unchanged": 0}
    assert strongest(1) == ["pixar", "time travel"]
    assert strongest(2571) == ["time travel"]
    assert strongest(99) == []
    ids, names, relevances = genome_selectors.genome()
    assert names == ["pixar", "slow", "time travel"]
    assert ids.tolist() == [Movie.objects.get(movielens_id=pk).pk for pk in (1, 2571)]
    assert np.allclose(relevances, [[0.99375, 0.025, 0.75], [0.1, 0.2, 1]], atol=1e-5)
    assert len(GenomeVector.objects.all()[0].relevances) == 6


def test_reloading_the_genome_is_a_no_op_and_a_newer_one_updates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load(genome(tmp_path / "ml"), capsys)
    assert load(tmp_path / "ml", capsys)["genome vectors"] == {"added": 0, "changed": 0, "unchanged": 2}
    newer = genome(tmp_path / "newer", scores=SCORES.replace("2571,2,0.2", "2571,2,0.9"))
    assert load(newer, capsys)["genome vectors"] == {"added": 0, "changed": 1, "unchanged": 1}
    assert strongest(2571) == ["time travel", "slow"]
    other = genome(tmp_path / "other", TAGS.replace("slow", "fast"))
    load(other, capsys)
    assert list(GenomeTag.objects.values_list("name", flat=True)) == ["pixar", "fast", "time travel"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,1,1.5", "relevance “1.5” is not from 0 to 1"),
        ("1,1,nan", "relevance “nan” is not"),
        ("1,9,0.5", "movie 1 or tag 9 is not in the release"),
        ("77,1,0.5", "movie 77 or tag 1 is not in the release"),
    ],
)
def test_a_bad_score_is_rejected(tmp_path: Path, line: str, reason: str) -> None:
    folder = genome(tmp_path / "ml", scores=f"{SCORES}{line}\n")
    with pytest.raises(CommandError) as refused:
        call_command("load_movielens", folder, json=True)
    assert f"genome-scores.csv:8: {reason}" in str(refused.value)
    assert not Movie.objects.exists()


def test_the_strongest_tags_are_shown_and_trained_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(genome(tmp_path / "ml"), capsys)
    page = Client().get(Movie.objects.get(movielens_id=1).get_absolute_url()).content.decode()
    assert page.index(">pixar</a>") < page.index(">time travel</a>")
    assert ">slow</a>" not in page
    features = dataset.read().features
    columns = dict(zip(features.names, features.matrix.toarray().T, strict=True))
    assert columns["genome:time travel"].tolist()[0] < columns["genome:time travel"].tolist()[1]


def test_users_of_the_oldest_releases_have_ages_and_occupations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "ml", "ml-1m")
    assert load(folder, capsys)["demographics"] == {"added": 2, "changed": 0, "unchanged": 0}
    demographics = Demographics.objects.order_by("user__movielens_id").values_list("gender", "age", "occupation")
    assert list(demographics) == [("F", 1, "K-12 student"), ("M", 56, "self-employed")]
    assert load(folder, capsys)["demographics"] == {"added": 0, "changed": 0, "unchanged": 2}


def test_a_release_replaces_another_and_members_keep_their_ratings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load(genome(tmp_path / "old"), capsys)
    ada = User.objects.create_user("ada")
    movies = {movie.movielens_id: movie for movie in Movie.objects.all()}
    services.rate(user=ada, movie=movies[1], half_stars=3)
    services.rate(user=ada, movie=movies[99], half_stars=9)
    MovieTag.objects.create(user=ada, movie=movies[1], tag=Tag.objects.create(name="mine"))
    own_ratings = Rating.objects.filter(user=ada).values_list("pk", "movie_id", "half_stars", "rated_at")
    before = sorted(own_ratings)
    new = releases.write(
        tmp_path / "new",
        movies="movieId,title,genres\n1,Toy Story (1995),Comedy\n7,Sabrina (1995),Comedy\n",
        ratings="userId,movieId,rating,timestamp\n1,7,3.0,964982703\n5,1,1.0,964982703\n",
        tags="userId,movieId,tag,timestamp\n5,7,funny,964982703\n",
        links="movieId,imdbId,tmdbId\n",
    )
    load(new, capsys, replace=True)
    assert sorted(own_ratings) == before
    movielens_ratings = Rating.objects.filter(user__movielens_id__isnull=False)
    loaded = sorted(movielens_ratings.values_list("user__movielens_id", "movie__movielens_id", "half_stars"))
    assert loaded == [(1, 7, 6), (5, 1, 2)]
    counted = sorted(Movie.objects.values_list("movielens_id", "rating_count", "rating_sum"))
    assert counted == [(1, 2, 5), (7, 1, 6), (99, 1, 9)]
    assert sorted(Tag.objects.values_list("name", flat=True)) == ["funny", "mine"]
    assert sorted(User.objects.values_list("username", flat=True)) == ["ada", "movielens-1", "movielens-5"]
    assert not GenomeVector.objects.exists()
    services.rate(user=ada, movie=Movie.objects.get(movielens_id=7), half_stars=4)
    assert Movie.objects.get(movielens_id=7).rating_count == 2


def test_a_movie_on_a_watchlist_outlives_its_release(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(releases.write(tmp_path / "old"), capsys)
    ada = User.objects.create_user("ada")
    WatchlistItem.objects.create(user=ada, movie=Movie.objects.get(movielens_id=2571))
    new = releases.write(
        tmp_path / "new",
        movies="movieId,title,genres\n1,Toy Story (1995),Comedy\n",
        ratings="userId,movieId,rating,timestamp\n1,1,3.0,964982703\n",
        tags="userId,movieId,tag,timestamp\n",
        links="movieId,imdbId,tmdbId\n",
    )
    load(new, capsys, replace=True)
    assert set(Movie.objects.values_list("movielens_id", flat=True)) == {1, 2571}


def test_a_failed_replacement_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(genome(tmp_path / "old"), capsys)
    bad = releases.write(tmp_path / "bad", tags=releases.TAGS + "1,1,,964982703\n")
    with pytest.raises(CommandError):
        load(bad, capsys, replace=True)
    assert (Rating.objects.count(), MovieTag.objects.count(), GenomeVector.objects.count()) == (3, 3, 2)
    assert sorted(Movie.objects.values_list("movielens_id", "rating_count")) == [(1, 2), (99, 0), (2571, 1)]
