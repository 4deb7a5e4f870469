"""Splits separate train and test ratings, and splits by time never test on older ratings than they train on."""

import numpy as np
import pytest

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.splits import (
    Split,
    age_ranks,
    hold_out_users,
    split_by_time,
    split_by_user_time,
    split_leave_last_out,
)
from tests.support.engine_data import some_ratings

pytestmark = pytest.mark.engine


def cells(ratings: Interactions) -> set[tuple[int, int]]:
    return set(zip(ratings.user_ordinals.tolist(), ratings.ordinals.tolist(), strict=True))


@pytest.mark.parametrize("split_up", [split_by_user_time, split_leave_last_out, split_by_time])
def test_train_and_test_partition_the_ratings(split_up: object) -> None:
    ratings = some_ratings()
    split: Split = split_up(ratings)  # type: ignore[operator]
    assert cells(split.train) | cells(split.test) == cells(ratings)
    assert not cells(split.train) & cells(split.test)
    assert len(split.test)


def test_each_users_latest_fifth_is_the_test() -> None:
    ratings = some_ratings()
    split = split_by_user_time(ratings)
    for user in range(ratings.n_users):
        train, test = (part.timestamps[part.indptr[user] : part.indptr[user + 1]] for part in (split.train, split.test))
        assert len(test) == round(0.2 * (len(train) + len(test)))
        assert len(train)
        assert not len(test) or train.max() <= test.min()


def test_age_ranks_count_newer_ratings_and_half_of_the_ties() -> None:
    ratings = some_ratings()
    ranks = age_ranks(ratings.user_ordinals, ratings.timestamps)
    for user in range(ratings.n_users):
        mine = slice(*ratings.indptr[user : user + 2])
        times = ratings.timestamps[mine]
        newer, same = (times[:, None] < times).sum(axis=1), (times[:, None] == times).sum(axis=1) - 1
        assert ranks[mine] == pytest.approx(newer + same / 2)
    assert not len(age_ranks(np.zeros(0, int), np.zeros(0, int)))


def test_a_single_rating_stays_in_train() -> None:
    ratings = Interactions.from_columns([1, 2, 2], [1, 1, 2], [8, 8, 8], [5, 6, 7])
    for split in (split_by_user_time(ratings, 0.9), split_leave_last_out(ratings)):
        assert cells(split.train) == {(0, 0), (1, 0)}
        assert cells(split.test) == {(1, 1)}


def test_the_last_rating_is_held_out() -> None:
    split = split_leave_last_out(some_ratings())
    assert (np.diff(split.test.indptr) <= 1).all()


def test_the_global_split_has_one_cutoff() -> None:
    split = split_by_time(some_ratings())
    assert split.train.timestamps.max() < split.test.timestamps.min()


def test_held_out_users_are_unknown_to_training() -> None:
    ratings = some_ratings()
    held_out = hold_out_users(ratings, seed=2)
    parts = [held_out.train, held_out.known, held_out.test]
    assert sum(map(len, parts)) == len(ratings)
    trained, known, judged = (set(part.user_ordinals.tolist()) for part in parts)
    assert not trained & (known | judged)
    assert judged <= known
    assert len(known) == 5


@pytest.mark.parametrize("share", [0, 1, -0.5])
def test_a_share_that_leaves_one_part_empty_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        split_by_user_time(some_ratings(), share)
