"""Loading of demographics and the tag genome, which only some releases have (see `movies.models.genome`)."""

from collections.abc import Callable, Mapping

import numpy as np
from django.db.models import Model
from numpy.typing import NDArray

from movies.bulk.store import Written
from movies.models.genome import FULL, SCORE, GenomeTag, GenomeVector
from movies.models.people import Demographics
from movies.sources.movielens.releases import Release

Find = Callable[[NDArray[np.int64]], NDArray[np.int32]]
"""Maps MovieLens ids to primary keys, 0 for unknown ids."""
ROWS_PER_QUERY = 1_000


def write_demographics(release: Release, users: Find) -> Written:
    rows = {row.movielens_id: row for row in release.people()}
    keys = users(np.array(list(rows), dtype=np.int64)) if rows else np.empty(0, dtype=np.int32)
    wanted = {pk: (row.gender, row.age, row.occupation) for pk, row in zip(keys.tolist(), rows.values(), strict=True)}
    values = Demographics.objects.values_list("user_id", "gender", "age", "occupation") if wanted else ()
    stored = {pk: details for pk, *details in values}
    new = {
        pk: Demographics(user_id=pk, gender=gender, age=age, occupation=occupation)
        for pk, (gender, age, occupation) in wanted.items()
        if [gender, age, occupation] != stored.get(pk)
    }
    return _replace(Demographics, new, set(stored), len(wanted))


def write_genome(release: Release, movies: Find, catalogue: NDArray[np.int32]) -> Written:
    """Write a vector for each movie that the release scores; `catalogue` holds the primary keys, ascending."""
    tags = sorted(dict(release.genome_tags()).items())
    if not tags:
        return Written()
    relevances, has_scores = _relevances(release, movies, catalogue, np.array([tag_id for tag_id, _ in tags]))
    names = [name for _, name in tags]
    if names != list(GenomeTag.objects.values_list("name", flat=True)):
        GenomeVector.objects.all().delete()
        GenomeTag.objects.all().delete()
        GenomeTag.objects.bulk_create(GenomeTag(place=place, name=name) for place, name in enumerate(names))
    stored = {pk: bytes(vector) for pk, vector in GenomeVector.objects.values_list("movie_id", "relevances").iterator()}
    new = {
        pk: GenomeVector(movie_id=pk, relevances=vector)
        for row in np.flatnonzero(has_scores)
        if (vector := relevances[row].tobytes()) != stored.get(pk := int(catalogue[row]))
    }
    return _replace(GenomeVector, new, set(stored), int(np.count_nonzero(has_scores)))


def _relevances(
    release: Release, movies: Find, catalogue: NDArray[np.int32], tag_ids: NDArray[np.int64]
) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """Return the vectors of the whole catalogue (movies, tags) and which movies have any score (movies,)."""
    relevances = np.zeros((len(catalogue), len(tag_ids)), dtype=SCORE)
    has_scores = np.zeros(len(catalogue), dtype=bool)
    for batch in release.genome_scores():
        keys = movies(batch.movies)
        positions = np.minimum(np.searchsorted(tag_ids, batch.tags), len(tag_ids) - 1)
        known = (keys > 0) & (tag_ids[positions] == batch.tags)
        for line, movie, tag in zip(
            *(column[~known].tolist() for column in (batch.lines, batch.movies, batch.tags)), strict=True
        ):
            release.rejects.add("genome-scores.csv", line, f"movie {movie} or tag {tag} is not in the release")
        rows = np.searchsorted(catalogue, keys[known])
        relevances[rows, positions[known]] = np.rint(batch.relevances[known] * FULL).astype(SCORE)
        has_scores[rows] = True
    return relevances, has_scores


def _replace(model: type[Model], new: Mapping[int, Model], stored: set[int], rows: int) -> Written:
    """Insert new rows and replace changed ones; `rows` is the number in the release."""
    changed = sorted(stored & new.keys())
    for start in range(0, len(changed), ROWS_PER_QUERY):
        model._default_manager.filter(pk__in=changed[start : start + ROWS_PER_QUERY]).delete()
    model._default_manager.bulk_create(new.values(), batch_size=ROWS_PER_QUERY)
    return Written(len(new) - len(changed), len(changed), rows - len(new))
