"""Exports of all users' lists equal the users' own lists, however they are executed or interrupted."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from django.core.management import CommandError, call_command
from model_bakery import baker

from benchmarks.support.worlds import World
from movies.models import Movie, User
from movies.services import hide, rate, see
from recommendations import tasks
from recommendations.exports import recommendations
from recommendations.exports.recommendations import Export
from recommendations.models import ModelVersion
from recommendations.serving.recommend import recommend
from recsite.celery import app

pytestmark = pytest.mark.database

Lists = dict[int, list[tuple[int, int, float | None]]]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recommendations, "USERS_PER_PART", 30)


def own_lists() -> Lists:
    """Each user's own list: (rank, movie, score)."""
    lists: Lists = {}
    for user in User.objects.filter(ratings__isnull=False).distinct():
        entries = [entry for entry in recommend(user, n=5, reasons=0).entries if entry.score is not None]
        lists[user.pk] = [(rank, entry.movie.pk, entry.score) for rank, entry in enumerate(entries, 1)]
    return {pk: entries for pk, entries in lists.items() if entries}


def exported(frame: pl.DataFrame) -> Lists:
    lists: Lists = {}
    for user, rank, movie, score in frame.select("user_id", "rank", "movie_id", "score").iter_rows():
        lists.setdefault(user, []).append((rank, movie, score))
    return lists


def agree(actual: Lists, expected: Lists) -> None:
    """Assert the same movies in the same order; scores may differ by the size of the fold-in's batches."""
    assert {pk: [row[:2] for row in rows] for pk, rows in actual.items()} == {
        pk: [row[:2] for row in rows] for pk, rows in expected.items()
    }
    scores = [[row[2] for pk in sorted(lists) for row in lists[pk]] for lists in (actual, expected)]
    assert scores[0] == pytest.approx(scores[1], abs=1.5e-4)


@pytest.fixture
def people(world: World, version: ModelVersion) -> list[User]:
    """A new user, one without known ratings, and one whose ratings changed since the training."""
    newcomer, stranger, changed = baker.make(User), baker.make(User), world.people[3]
    rate(user=newcomer, movie=world.romance[0], half_stars=9)
    rate(user=stranger, movie=baker.make(Movie, title="New"), half_stars=9)
    rate(user=changed, movie=recommend(changed).entries[0].movie, half_stars=1)
    hide(user=newcomer, movie=recommend(newcomer).entries[0].movie)
    see(user=newcomer, movie=recommend(newcomer).entries[0].movie)
    see(user=world.people[6], movie=recommend(world.people[6]).entries[0].movie)
    hide(user=world.people[5], movie=recommend(world.people[5]).entries[0].movie)
    return [newcomer, stranger, changed]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_each_list_equals_the_users_own(people: list[User], tmp_path: Path, suffix: str) -> None:
    output = tmp_path / f"lists.{suffix}"
    call_command("recommend", all=True, output=output, n=5)
    frame = (pl.read_parquet if suffix == "parquet" else pl.read_csv)(output)
    agree(exported(frame), own_lists())
    assert people[1].pk not in set(frame["user_id"])
    assert [path.name for path in tmp_path.glob("*lists*")] == [output.name]


def test_a_user_with_few_unrated_movies_has_a_short_list(world: World, version: ModelVersion, tmp_path: Path) -> None:
    user = world.people[0]
    for movie in world.space + world.romance[1:]:
        rate(user=user, movie=movie, half_stars=8)
    call_command("recommend", all=True, output=tmp_path / "lists.parquet", n=5)
    lists = exported(pl.read_parquet(tmp_path / "lists.parquet"))
    assert [movie for _, movie, _ in lists[user.pk]] == [world.romance[0].pk]


def test_a_stopped_export_resumes(version: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ranked: list[int] = []
    lists_of = recommendations.lists_of

    def until_the_second(model: object, first: int, *rest: int, **options: int) -> object:
        if len(ranked) == 1:
            ranked.append(0)
            raise KeyboardInterrupt
        ranked.append(first)
        return lists_of(model, first, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(recommendations, "lists_of", until_the_second)
    output = tmp_path / "lists.parquet"
    with pytest.raises(KeyboardInterrupt):
        call_command("recommend", all=True, output=output, n=5)
    assert not output.exists()
    call_command("recommend", all=True, output=output, n=5)
    assert len(ranked) == len(set(ranked))
    agree(exported(pl.read_parquet(output)), own_lists())


def test_an_export_of_another_version_is_discarded(version: ModelVersion, tmp_path: Path) -> None:
    started = Export.of_active_version(tmp_path / "lists.parquet", 3)
    started.write_part(0)
    call_command("recommend", all=True, output=tmp_path / "lists.parquet", n=5)
    agree(exported(pl.read_parquet(tmp_path / "lists.parquet")), own_lists())
    assert not started.folder.exists()


@pytest.fixture
def prompt_worker() -> Iterator[None]:
    """Execute tasks where they are sent."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.mark.usefixtures("prompt_worker")
def test_workers_share_the_work(version: ModelVersion, tmp_path: Path) -> None:
    output = tmp_path / "lists.parquet"
    call_command("recommend", all=True, output=output, n=5, queue=True)
    agree(exported(pl.read_parquet(output)), own_lists())


def test_a_task_delivered_twice_is_harmless(version: ModelVersion, tmp_path: Path) -> None:
    export = Export.of_active_version(tmp_path / "lists.parquet", 5)
    for part in [*export.missing, *export.missing]:
        tasks.export_part(str(export.folder), part)
    agree(exported(pl.read_parquet(tmp_path / "lists.parquet")), own_lists())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"all": True}, "--all with --output"),
        ({}, "--all with --output"),
        (
            {"all": True, "output": Path("lists.xlsx")},
            r"Unknown format of lists.xlsx; the name must end in .parquet or .csv",
        ),
        ({"all": True, "output": Path("lists.csv"), "n": 0}, "-n is 0"),
    ],
    ids=["no output", "no user", "another format", "no movie"],
)
def test_invalid_options_are_explained(version: ModelVersion, options: dict[str, object], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("recommend", **options)


def test_without_a_version_there_is_nothing_to_export(world: World, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No version is active yet"):
        call_command("recommend", all=True, output=tmp_path / "lists.csv")
