"""Partitioning the ratings by a hash of the user is invisible outside the database."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from benchmarks.support.worlds import World
from movies import columns
from movies.columns import RatingColumns
from movies.models import Movie, Rating, User
from movies.services import rate, unrate
from recsite.database.row_estimates import estimated_rows
from tests.support import releases

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.database,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has partitions"),
]

PARTITIONS = 4
SIZES = "SELECT tableoid::regclass::text, count(*) FROM movies_rating GROUP BY 1 ORDER BY 1"
SHAPE = """
    SELECT conname, contype::text FROM pg_constraint WHERE conrelid = 'movies_rating'::regclass
    UNION ALL SELECT indexname, 'i' FROM pg_indexes WHERE tablename = 'movies_rating'
    UNION ALL SELECT tgname, 't' FROM pg_trigger WHERE tgrelid = 'movies_rating'::regclass AND NOT tgisinternal
    ORDER BY 1, 2
"""


def fetch_all(query: str) -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def rebuild(partitions: int) -> None:
    with connection.schema_editor() as editor:
        import_module("movies.migrations.0012_partition_ratings").rebuild(editor, partitions)


def counters_agree() -> bool:
    """Return whether every movie's counters agree with its ratings."""
    return all(
        (movie.rating_count, movie.rating_sum) == (len(stars), sum(stars))
        for movie in Movie.objects.all()
        for stars in [list(movie.ratings.values_list("half_stars", flat=True))]
    )


def agree(one: RatingColumns, other: RatingColumns) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one))


@pytest.fixture
def partitioned(db: None) -> None:
    rebuild(PARTITIONS)


def test_rows_keys_and_triggers_survive_partitioning_and_its_reverse(world: World) -> None:
    before, rows, shape = columns.ratings(), list(Rating.objects.order_by("pk").values()), fetch_all(SHAPE)
    rebuild(PARTITIONS)
    sizes = fetch_all(SIZES)
    assert [name for name, _ in sizes] == [f"movies_rating_{part:04}" for part in range(PARTITIONS)]
    assert sum(size for _, size in sizes) == len(rows)
    assert fetch_all(SHAPE) == shape
    assert agree(columns.ratings(), before)
    assert list(Rating.objects.order_by("pk").values()) == rows
    rate(user=world.people[0], movie=world.romance[0], half_stars=3)
    assert Rating.objects.latest("pk").pk > rows[-1]["id"]
    rebuild(0)
    assert fetch_all(SHAPE) == shape
    assert [name for name, _ in fetch_all(SIZES)] == ["movies_rating"]
    Rating.objects.create(user=world.people[1], movie=Movie.objects.create(title="New"), half_stars=3)
    assert counters_agree()


@pytest.mark.usefixtures("partitioned")
def test_counters_follow_created_changed_moved_and_deleted_ratings(world: World) -> None:
    ada, bob = (User.objects.create_user(name) for name in ("ada", "bob"))
    for user in (ada, bob):
        for movie in world.space[:5]:
            rate(user=user, movie=movie, half_stars=7)
    rate(user=ada, movie=world.space[0], half_stars=1)
    unrate(user=bob, movie=world.space[1])
    Rating.objects.filter(user=ada, movie=world.space[3]).update(movie=world.romance[0])
    Rating.objects.filter(user=bob, movie=world.space[4]).update(user=world.people[world.half])
    world.people[0].delete()
    assert counters_agree()
    rating = Rating.objects.get(user=ada, movie=world.space[0])
    assert Rating.objects.get(pk=rating.pk) == rating


@pytest.mark.usefixtures("partitioned")
def test_the_row_count_is_estimated_from_the_statistics_of_the_partitions(world: World) -> None:
    with connection.cursor() as cursor:
        for part, _ in fetch_all(SIZES):
            cursor.execute(f"ANALYZE {part}")
    assert estimated_rows(Rating, exact_up_to=100) == len(world.people) * 15


@pytest.mark.usefixtures("partitioned")
def test_constraints_still_hold(world: World) -> None:
    existing = Rating.objects.filter(user=world.people[0])[0]
    for movie, half_stars in ((existing.movie, 4), (Movie.objects.create(title="New"), 11)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Rating.objects.create(user=world.people[0], movie=movie, half_stars=half_stars)


@pytest.mark.usefixtures("partitioned")
def test_a_release_is_reloaded_and_replaced(tmp_path: Path) -> None:
    folder = releases.write(tmp_path / "ml")
    with_duplicate = (folder / "ratings.csv").read_text() + "1,2571,1.0,1300000000\n"
    (folder / "ratings.csv").write_text(with_duplicate)
    call_command("load_movielens", folder, json=True)
    first, shape = columns.ratings(), fetch_all(SHAPE)
    assert Rating.objects.get(user__movielens_id=1, movie__movielens_id=2571).half_stars == 2
    assert counters_agree()
    call_command("load_movielens", folder, json=True)
    assert agree(columns.ratings(), first)
    rate(user=User.objects.create_user("ada"), movie=Movie.objects.earliest("pk"), half_stars=9)
    call_command("load_movielens", folder, replace=True, json=True)
    assert Rating.objects.count() == len(first.user_ids) + 1
    assert counters_agree()
    assert fetch_all(SHAPE) == shape
