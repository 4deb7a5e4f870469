"""The exact ranker returns the list of a full sort of true scores, for any vectors."""

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from recommendations.engine.ranking.base import Ranking
from recommendations.engine.ranking.exact import ExactRanker
from recommendations.engine.ranking.exact_search import search
from tests.support.environment import ROOT
from tests.support.ranking_reference import reference, whole_numbers

pytestmark = pytest.mark.engine

Vectors = NDArray[np.float32]

plain = st.floats(-3, 3, width=32)
ties = st.integers(-2, 2).map(float)
hostile = st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-30, 1e-45, 3e-39, 1e-7, 1.0000001, 1e7, -1e7, 1e15, -1e15])
numbers = st.sampled_from([plain, ties, hostile])


@st.composite
def queries(draw: st.DrawFn) -> tuple[Vectors, Vectors, int, list[int] | None, list[int] | None]:
    """Item vectors with repeated and outsized rows, a user vector, k, and filters."""
    seen = draw(st.integers(1, 12)), draw(st.sampled_from([1, 2, 3, 5, 18, 34]))
    kinds = draw(hnp.arrays(np.float32, seen, elements=draw(numbers)))
    n_items = draw(st.integers(1, 400))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    items = kinds[rng.integers(0, len(kinds), n_items)] * rng.choice(
        np.array(draw(st.sampled_from([[1], [1, 2], [1, 1e-3, 1e3], [1, 1.0000001]])), np.float32), (n_items, 1)
    )
    user = draw(hnp.arrays(np.float32, seen[1], elements=draw(numbers)))
    ordinals = st.none() | st.integers(0, n_items).map(lambda size: rng.choice(n_items, size, replace=False).tolist())
    return user, np.clip(items, -1e15, 1e15), draw(st.integers(0, n_items + 2)), draw(ordinals), draw(ordinals)


def pairs(ranking: Ranking) -> list[tuple[int, float]]:
    return list(zip(ranking.ordinals.tolist(), ranking.scores.tolist(), strict=True))


@settings(max_examples=300, deadline=None)
@given(queries())
def test_the_list_equals_that_of_a_full_sort(
    query: tuple[Vectors, Vectors, int, list[int] | None, list[int] | None],
) -> None:
    user, items, k, exclude, candidates = query
    ranking = ExactRanker.prepare(items).rank(user, k, exclude=exclude, candidates=candidates)
    assert pairs(ranking) == reference(user, items, k, exclude, candidates)


@pytest.fixture(scope="module")
def trained() -> tuple[Vectors, Vectors]:
    """Users and items like a trained model's: a few dominant directions, and biases that correlate with popularity."""
    rng = np.random.default_rng(4)
    strengths = 0.8 ** np.arange(30)
    popularity = rng.normal(size=(5_000, 1))
    items = rng.normal(size=(5_000, 30)) * strengths * np.exp(popularity / 2)
    users = rng.normal(size=(40, 30)) * strengths
    return (
        np.column_stack([users, rng.normal(size=40), np.ones(40)]).astype(np.float32),
        np.column_stack([items, np.ones(5_000), popularity]).astype(np.float32),
    )


def full_sort(user: Vectors, items: Vectors) -> NDArray[np.int64]:
    scores = (items.astype(np.float64) @ user.astype(np.float64)).astype(np.float32)
    return np.lexsort((np.arange(len(items)), -scores))


FILTERS = ["nothing", "20 rated", "2,000 rated", "a genre", "half of the movies", "a genre without the rated"]


@pytest.mark.parametrize("filter_name", FILTERS)
def test_filters_of_every_size_keep_the_order_exact(trained: tuple[Vectors, Vectors], filter_name: str) -> None:
    users, items = trained
    ranker = ExactRanker.prepare(items)
    rng = np.random.default_rng(5)
    for user in users:
        order = full_sort(user, items)
        exclude, candidates = {
            "nothing": (None, None),
            "20 rated": (order[:20], None),
            "2,000 rated": (order[:2_000], None),
            "a genre": (None, rng.choice(5_000, 250, replace=False)),
            "half of the movies": (None, rng.choice(5_000, 2_500, replace=False)),
            "a genre without the rated": (order[:2_000], rng.choice(5_000, 250, replace=False)),
        }[filter_name]
        eligible = np.ones(5_000, bool) if candidates is None else np.isin(np.arange(5_000), candidates)
        eligible[[] if exclude is None else exclude] = False
        ranking = ranker.rank(user, 10, exclude=exclude, candidates=candidates)
        assert ranking.ordinals.tolist() == order[eligible[order]][:10].tolist()
        assert ranking.examined == eligible.sum()


def test_a_user_who_rated_nearly_everything_and_a_genre_of_seven() -> None:
    rng = np.random.default_rng(9)
    items = rng.normal(size=(20_500, 18)).astype(np.float32)
    ranker = ExactRanker.prepare(items)
    genre = rng.choice(20_500, 7, replace=False)
    for user in rng.normal(size=(5, 18)).astype(np.float32):
        order = full_sort(user, items)
        assert ranker.rank(user, 10, exclude=order[:20_000]).ordinals.tolist() == order[20_000:20_010].tolist()
        of_genre = order[np.isin(order, genre)].tolist()
        assert ranker.rank(user, 10, candidates=genre).ordinals.tolist() == of_genre
        remaining = [item for item in of_genre if item not in order[:20_000]]
        assert ranker.rank(user, 10, exclude=order[:20_000], candidates=genre).ordinals.tolist() == remaining


@pytest.mark.slow
def test_sums_keep_their_order_in_a_process_that_compiles_again(tmp_path: Path) -> None:
    program = """
        import numpy as np
        from recommendations.engine.ranking.exact import ExactRanker
        items = np.zeros((9, 3), np.float32)
        items[8] = 1
        print(ExactRanker.prepare(items).rank(np.array([1e7, 1e-30, -1e7], np.float32), 1).ordinals)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=True)  # noqa: S603
    assert result.stdout.strip() == "[0]"


@pytest.mark.parametrize("tiny_side", ["user", "items"])
def test_the_smallest_numbers_keep_the_order_exact(tiny_side: str) -> None:
    rng = np.random.default_rng(6)
    tiny = (rng.integers(-3, 4, (200, 8)) * np.float32(1e-45)).astype(np.float32)
    large = rng.normal(scale=1e14, size=(200, 8)).astype(np.float32)
    users, items = (tiny, large) if tiny_side == "user" else (large, tiny)
    ranker = ExactRanker.prepare(items)
    for user in users[:20]:
        assert pairs(ranker.rank(user, 5)) == reference(user, items, 5)


def test_code_errors_are_within_their_bounds(trained: tuple[Vectors, Vectors]) -> None:
    _, items = trained
    arrays = ExactRanker.prepare(items).arrays()
    filled = arrays["ordinals"] >= 0
    decoded = arrays["mean"] + arrays["codes"][filled] * arrays["steps"][filled][:, None].astype(np.float64)
    errors = np.linalg.norm(items[arrays["ordinals"][filled]] - decoded, axis=1)
    assert (errors <= arrays["errors"][filled]).all()
    assert errors.max() < 0.03 * np.linalg.norm(items - arrays["mean"], axis=1).max()


def test_a_filter_does_not_affect_later_queries(trained: tuple[Vectors, Vectors]) -> None:
    users, items = trained
    ranker = ExactRanker.prepare(items)
    before = pairs(ranker.rank(users[0], 50))
    ranker.rank(users[1], 10, exclude=range(3_000), candidates=range(2_000, 5_000))
    ranker.rank(users[1], 10, exclude=range(4_000), candidates=range(0, 5_000, 20))
    ranker.rank(users[1], 0, exclude=range(10), candidates=range(20))
    assert pairs(ranker.rank(users[0], 50)) == before


def test_it_works_from_mapped_files(trained: tuple[Vectors, Vectors], tmp_path: Path) -> None:
    users, items = trained
    ranker = ExactRanker.prepare(items)
    arrays = ranker.arrays() | {"items": items}
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    mapped = {name: np.load(tmp_path / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in arrays}
    restored = ExactRanker.from_arrays(mapped.pop("items"), mapped)
    assert pairs(restored.rank(users[0], 20)) == pairs(ranker.rank(users[0], 20))


def test_all_queries_share_one_compiled_signature(trained: tuple[Vectors, Vectors]) -> None:
    """Code compiled when a version is opened is not compiled, or loaded from disk, during a request."""
    users, items = (vectors.view() for vectors in trained)
    users.flags.writeable = False
    ranker = ExactRanker.prepare(items)
    ranker.rank(users[0], 3, exclude=[1, 2])
    ranker.rank(users[1].copy(), 3, candidates=np.arange(9))
    ranker.rank_many(users[:2], 3, exclude=(np.array([0, 1, 2]), np.array([4, 5])))
    ranker.rank_many(users[:2].copy(), 3)
    assert len(search.signatures) == 1  # type: ignore[attr-defined]


def test_digests_of_other_vectors_are_refused(trained: tuple[Vectors, Vectors]) -> None:
    _, items = trained
    with pytest.raises(ValueError, match="not those of these 4999 item vectors"):
        ExactRanker.from_arrays(items[:-1], ExactRanker.prepare(items).arrays())


def test_threads_do_not_interfere(trained: tuple[Vectors, Vectors]) -> None:
    users, items = trained
    ranker = ExactRanker.prepare(items)
    expected = [pairs(ranker.rank(user, 10, exclude=range(i * 100))) for i, user in enumerate(users)]
    wrong: list[int] = []

    def query_repeatedly(seed: int) -> None:
        order = np.random.default_rng(seed).permutation(np.tile(np.arange(len(users)), 10))
        wrong.extend(i for i in order if pairs(ranker.rank(users[i], 10, exclude=range(i * 100))) != expected[i])

    threads = [threading.Thread(target=query_repeatedly, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_batch_gives_each_user_the_same_list_as_a_single_query(trained: tuple[Vectors, Vectors]) -> None:
    users, items = trained
    ranker = ExactRanker.prepare(items)
    rated = [np.random.default_rng(i).choice(5_000, 100 * i, replace=False) for i in range(len(users))]
    indptr = np.cumsum([0, *map(len, rated)])
    ordinals, scores = ranker.rank_many(users, 100, exclude=(indptr, np.concatenate(rated)))
    for i, user in enumerate(users):
        single = ranker.rank(user, 100, exclude=rated[i])
        assert ordinals[i].tolist() == single.ordinals.tolist()
        assert scores[i].tolist() == single.scores.tolist()


def test_users_with_few_items_left_get_gaps() -> None:
    ranker = ExactRanker.prepare(whole_numbers(5, 4))
    ordinals, scores = ranker.rank_many(
        np.ones((2, 4), np.float32), 7, exclude=(np.array([0, 4, 4]), np.array([0, 1, 2, 4]))
    )
    assert ordinals[0].tolist() == [3, -1, -1, -1, -1, -1, -1]
    assert (ordinals[1] >= 0).tolist() == [True] * 5 + [False] * 2
    assert np.isneginf(scores[ordinals < 0]).all()


def test_exclusion_rows_must_match_the_users() -> None:
    ranker = ExactRanker.prepare(whole_numbers(5, 4))
    with pytest.raises(ValueError, match="no row for each of the 2 users"):
        ranker.rank_many(np.ones((2, 4), np.float32), 7, exclude=(np.array([0, 4]), np.array([0, 1, 2, 4])))


@pytest.mark.parametrize("items", [np.empty((0, 4)), np.full((3, 4), np.nan), np.full((3, 4), 1e16), np.ones(4)])
def test_vectors_that_cannot_be_ranked_are_refused(items: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match=r"no vector|a row of d"):
        ExactRanker.prepare(items.astype(np.float32))
