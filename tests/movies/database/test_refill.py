"""A restore holds few rows in memory, however many it writes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.db import connection

from movies.bulk import refill
from movies.models import GenomeVector, Movie, Rating, User
from recommendations.backups.create import RATING

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_rows_are_read_no_further_ahead_than_a_chunk() -> None:
    movies = 2 * refill.ROWS_AT_A_TIME + 1
    Movie.objects.bulk_create(Movie(pk=pk, title=f"Movie {pk}") for pk in range(1, movies + 1))
    read = written = 0

    def rows() -> Iterator[list[Any]]:
        nonlocal read
        for pk in range(1, movies + 1):
            read += 1
            yield [pk, bytes(range(10))]

    for size in refill.fill(GenomeVector, rows()):
        assert 0 < size <= refill.ROWS_AT_A_TIME
        written += size
        assert read == written
    assert GenomeVector.objects.count() == movies
    assert bytes(GenomeVector.objects.get(pk=movies).relevances) == bytes(range(10))


def test_a_large_batch_of_ratings_is_written_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refill, "CHUNK", 3)
    user = User.objects.create_user("ada")
    Movie.objects.bulk_create(Movie(pk=pk, title=f"Movie {pk}") for pk in range(1, 8))
    batch = np.array([(pk, user.pk, pk, 9, 1_500_000_000) for pk in range(1, 8)], dtype=list(RATING.items()))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert list(refill.fill_ratings([batch, batch[:0]])) == [3, 3, 1]
    assert Rating.objects.count() == 7
    assert set(Movie.objects.values_list("rating_count", flat=True)) == {1}
