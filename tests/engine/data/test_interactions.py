"""Id maps, interactions in CSR form, and fingerprints that detect changed ratings."""

import numpy as np
import pytest

from recommendations.engine.data.interactions import IdMap, Interactions, fingerprint, fingerprints
from tests.support.engine_data import some_ratings

pytestmark = pytest.mark.engine


def test_ids_become_ordinals_in_their_order() -> None:
    ids = IdMap.of([30, 10, 20, 10])
    assert ids.ids.tolist() == [10, 20, 30]
    assert ids.ordinals([20, 10, 20]).tolist() == [1, 0, 1]
    assert ids.ordinals([20, 10]).dtype == np.int32


def test_the_caller_chooses_how_unknown_ids_are_treated() -> None:
    ids = IdMap.of([10, 20])
    assert ids.ordinals([5, 20, 99], missing="drop").tolist() == [1]
    assert ids.ordinals([5, 20, 99], missing="mark").tolist() == [-1, 1, -1]
    with pytest.raises(KeyError, match="2 ids are unknown, the first is 5"):
        ids.ordinals([5, 20, 99])


def test_an_empty_map_knows_no_id() -> None:
    assert IdMap.of([]).ordinals([1], missing="mark").tolist() == [-1]


@pytest.mark.parametrize("known", [[3, 4, 9], [3, 4, 10**9], [-5, 3, 4]], ids=["near each other", "far", "negative"])
def test_every_id_is_found_in_queries_of_any_size(known: list[int]) -> None:
    ids = IdMap.of(known * 20)
    assert ids.ids.tolist() == known
    query = [*known, -1, -(10**9), 5, 11, 10**12] * 20
    expected = [known.index(item_id) if item_id in known else -1 for item_id in query]
    assert ids.ordinals(query, missing="mark").tolist() == expected


@pytest.mark.parametrize("ids", [[2, 1], [1, 1], [[1]]])
def test_ids_out_of_order_are_refused(ids: list[int]) -> None:
    with pytest.raises(ValueError, match="ids"):
        IdMap(np.array(ids))


def test_columns_in_any_order_become_rows_by_user_and_item() -> None:
    ratings = Interactions.from_columns([7, 5, 7], [2, 9, 1], [10, 1, 4], [3, 2, 1])
    assert ratings.users.ids.tolist() == [5, 7]
    assert ratings.indptr.tolist() == [0, 1, 3]
    ordinals, half_stars = ratings.row(1)
    assert ratings.items.ids[ordinals].tolist() == [1, 2]
    assert half_stars.tolist() == [4, 10]


def test_cold_items_and_new_users_have_ordinals() -> None:
    ratings = Interactions.from_columns([1], [1], [8], [0], users=IdMap.of([1, 2]), items=IdMap.of([1, 5]))
    assert (ratings.n_users, ratings.n_items, len(ratings)) == (2, 2, 1)
    assert ratings.counts.tolist() == [1, 0]
    assert ratings.row(1)[0].tolist() == []


def test_interactions_may_be_empty() -> None:
    ratings = Interactions.from_columns([], [], [], [])
    assert (len(ratings), ratings.n_users, ratings.n_items) == (0, 0, 0)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([1, 1], [2, 2], [3, 4], [0, 0]), "same item twice"),
        (([1], [2], [0], [0]), "outside 1 … 10"),
        (([1], [2], [300], [0]), "outside 1 … 10"),
        (([1], [2, 3], [4], [0]), "must agree"),
    ],
)
def test_invalid_ratings_are_refused(columns: tuple[list[int], ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Interactions.from_columns(*columns)


def test_a_part_keeps_the_users_and_the_catalogue() -> None:
    ratings = some_ratings()
    part = ratings.where(ratings.half_stars >= 8)
    assert part.users is ratings.users
    assert len(part) == (ratings.half_stars >= 8).sum()
    assert (part.user_ordinals == ratings.user_ordinals[ratings.half_stars >= 8]).all()


def test_the_fingerprint_depends_only_on_the_set_of_ratings() -> None:
    assert fingerprint([], []) == 0
    assert fingerprint([1, 2], [8, 9]) == fingerprint([2, 1], [9, 8])
    others = [([1, 2], [9, 8]), ([1], [8]), ([1, 2, 3], [8, 9, 1]), ([1, 2], [8, 10]), ([2, 1], [8, 9])]
    assert fingerprint([1, 2], [8, 9]) not in {fingerprint(*other) for other in others}


def test_every_user_has_the_fingerprint_of_their_own_ratings() -> None:
    ratings = some_ratings()
    all_fingerprints = fingerprints(ratings)
    assert all_fingerprints.dtype == np.uint64
    for user in range(ratings.n_users):
        ordinals, half_stars = ratings.row(user)
        assert int(all_fingerprints[user]) == fingerprint(ratings.items.ids[ordinals], half_stars)
