"""Facets: filters pass exactly the matching movies, and labels hold theirs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_bakery import baker

from benchmarks.support.worlds import World
from movies.models import MovieTag, Tag
from recommendations.models import ModelVersion
from recommendations.serving import active
from recommendations.serving.facets import ItemFacets, grouped
from recommendations.serving.filters import Filters, Steering
from recommendations.training.dataset import TAG_ON_MOVIES, read

N = 60
random = np.random.default_rng(3)
YEARS = random.integers(1950, 2020, N).astype(np.int16)
YEARS[::7] = 0
COUNTS = random.integers(0, 100, N).astype(np.int32)
GENRES = {genre: set(random.choice(N, size).tolist()) for genre, size in ((3, 40), (8, 20), (21, 5))}
PAIRS = [(genre, movie) for genre, movies in GENRES.items() for movie in movies]
LABELS = grouped(np.array([genre for genre, _ in PAIRS]), np.array([movie for _, movie in PAIRS], np.int32))
CATALOGUE = ItemFacets(YEARS, COUNTS, *LABELS, *LABELS)

years = st.none() | st.integers(1940, 2030)
some_filters = st.builds(
    Filters,
    genres=st.frozensets(st.sampled_from([3, 8, 21, 99]), max_size=3),
    year_from=years,
    year_to=years,
    min_ratings=st.none() | st.integers(0, 110),
)


def passes(movie: int, filters: Filters) -> bool:
    year = int(YEARS[movie])
    return (
        all(movie in GENRES.get(genre, ()) for genre in filters.genres)
        and (filters.year_from is None or (year > 0 and year >= filters.year_from))
        and (filters.year_to is None or (year > 0 and year <= filters.year_to))
        and (filters.min_ratings is None or COUNTS[movie] >= filters.min_ratings)
    )


@pytest.mark.engine
@given(some_filters)
def test_exactly_the_matching_movies_are_eligible(filters: Filters) -> None:
    ordinals = CATALOGUE.eligible(filters)
    assert (ordinals is None) == (filters == Filters())
    eligible = range(N) if ordinals is None else ordinals.tolist()
    assert list(eligible) == [movie for movie in range(N) if passes(movie, filters)]


@pytest.mark.engine
def test_the_least_rated_genre_is_a_large_one() -> None:
    rare = next(iter(set(range(N)).difference(*GENRES.values())))
    of_three = np.array(sorted(GENRES[3] - GENRES[8] - GENRES[21])[:4], np.int32)
    of_eight = np.array(sorted(GENRES[8] - GENRES[21])[:3], np.int32)
    assert CATALOGUE.least_rated_genre(np.array([rare], np.int32)) == 3
    assert CATALOGUE.least_rated_genre(of_three) == 8
    assert CATALOGUE.least_rated_genre(np.union1d(of_three, of_eight)) == 21
    nothing = replace(CATALOGUE, genre_ids=np.empty(0, np.int32), genre_bounds=np.zeros(1, np.int64))
    assert nothing.least_rated_genre(of_three) is None


@pytest.mark.engine
def test_labels_hold_each_movie_once_and_rare_ones_are_dropped() -> None:
    ids, bounds, movies = grouped(np.array([7, 5, 7, 7, 5]), np.array([2, 4, 1, 2, 4], np.int32), at_least=2)
    assert (ids.tolist(), bounds.tolist(), movies.tolist()) == ([7], [0, 2], [1, 2])


@pytest.mark.engine
def test_no_labels_are_no_error() -> None:
    ids, bounds, movies = grouped(np.empty(0, np.int64), np.empty(0, np.int32))
    assert (len(ids), bounds.tolist(), len(movies)) == (0, [0], 0)


@pytest.mark.database
def test_common_tags_are_read(world: World) -> None:
    common, rare = baker.make(Tag, name="Slow", key="slow"), baker.make(Tag, name="Odd", key="odd")
    for person in world.people[:2]:
        for movie in world.space[:TAG_ON_MOVIES]:
            baker.make(MovieTag, user=person, movie=movie, tag=common)
    baker.make(MovieTag, user=person, movie=movie, tag=rare)
    data = read()
    tagged = data.interactions.items.ids[data.facets.of_tag(common.pk)]
    assert tagged.tolist() == [movie.pk for movie in world.space[:TAG_ON_MOVIES]]
    assert not len(data.facets.of_tag(rare.pk))


@pytest.mark.database
def test_a_list_leans_towards_a_tag(world: World, version: ModelVersion) -> None:
    model = active.current()
    assert model is not None
    slow = model.movies.ordinals([movie.pk for movie in world.romance])
    ids, bounds, movies = grouped(np.full(len(slow), 4), slow)
    facets = replace(model.facets, tag_ids=ids, tag_bounds=bounds, tag_movies=movies)
    tagged = replace(model, facets=facets)
    no_movies = np.empty(0, np.int64)
    vector = model.embeddings.users[0]

    def count(weight: float) -> int:
        steering = Steering(tags={4: weight, 5: 1.0})
        ranking = tagged.rank(vector, 10, exclude=no_movies, filters=Filters(), steering=steering)
        return len(np.intersect1d(ranking.ordinals, slow))

    assert count(-1.0) <= count(0.0) < count(1.0)
