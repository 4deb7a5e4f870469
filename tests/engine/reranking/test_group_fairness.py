"""Group recommendations are fair to every member."""

import numpy as np
import pytest

from recommendations.engine.reranking.group_fairness import fair_order, worth

pytestmark = pytest.mark.engine


def test_worth_is_the_share_of_candidates_liked_less() -> None:
    assert worth(np.array([[3.0, -1.0, 10.0], [0.5, 0.5, 0.1]])).tolist() == [[0.5, 0, 1], [0.5, 0.5, 0]]
    assert worth(np.array([[7.0]])).tolist() == [[0.0]]


def test_for_one_member_the_order_is_their_own() -> None:
    worths = np.random.default_rng(0).permutation(20)[None, :] / 19
    assert fair_order(worths, 20).tolist() == np.argsort(-worths[0]).tolist()


def test_a_movie_all_like_precedes_one_that_divides_the_group() -> None:
    worths = np.array([[1.0, 0.8, 0.0], [0.0, 0.8, 1.0]])
    assert fair_order(worths, 1).tolist() == [1]


def test_members_are_served_in_turn() -> None:
    """Two members like space, one romance, and no movie suits all: the minority gets its share of the top ranks."""
    space, romance = np.array([1.0, 0.98, 0.96, 0.94]), np.array([0.1, 0.08, 0.06, 0.04])
    worths = np.array([np.r_[space, romance], np.r_[space, romance], np.r_[romance, space]])
    assert 1 <= sum(item >= 4 for item in fair_order(worths, 4)) <= 2


def test_the_minority_gets_more_than_by_mean_utility() -> None:
    """Two similar members and one with another taste: the mean utility of ten movies for the least served member."""
    random, least = np.random.default_rng(3), np.zeros(2)
    for _ in range(20):
        shared, minority = random.standard_normal((2, 200))
        worths = worth(np.array([shared, shared + 0.3 * random.standard_normal(200), minority]))
        lists = fair_order(worths, 10), np.argsort(-worths.mean(axis=0))[:10]
        least += [worths[:, chosen].mean(axis=1).min() for chosen in lists]
    assert least[0] > least[1]


def test_a_list_is_no_longer_than_the_candidates() -> None:
    assert sorted(fair_order(np.ones((2, 3)), 10).tolist()) == [0, 1, 2]
    assert fair_order(np.ones((2, 0)), 10).tolist() == []
