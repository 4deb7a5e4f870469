"""Ways to part ratings into what a model may see and what it is judged by."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.targets import LIKED


@dataclass(frozen=True, eq=False)
class Split:
    """Two parts of the same ratings, among the same users and items.

    Attributes
    ----------
    train, test : Interactions
    """

    train: Interactions
    test: Interactions


def split_by_user_time(interactions: Interactions, test_share: float = 0.2) -> Split:
    """The latest ratings of each user are the test.

    Parameters
    ----------
    interactions : Interactions
    test_share : float
        Share of each user's ratings, rounded; whoever has any keeps at least one in train.
    """
    counts = np.diff(interactions.indptr)
    n_test = np.minimum(np.rint(counts * _checked_share(test_share)), np.maximum(counts - 1, 0)).astype(np.int64)
    return _part(interactions, recency_ranks(interactions) < n_test[interactions.user_ordinals])


def split_leave_last_out(interactions: Interactions) -> Split:
    """The last rating of each user is the test; whoever has one rating only keeps it in train."""
    counts = np.diff(interactions.indptr)
    return _part(interactions, (recency_ranks(interactions) < 1) & (counts > 1)[interactions.user_ordinals])


def split_by_time(interactions: Interactions, test_share: float = 0.2) -> Split:
    """Everything after one moment is the test, whoever rated: users and movies of the test may be new.

    Parameters
    ----------
    interactions : Interactions
    test_share : float
        Share of all ratings; ratings of the same second stay together, in train.
    """
    if not len(interactions):
        return _part(interactions, np.zeros(0, bool))
    cutoff = np.quantile(interactions.timestamps, 1 - _checked_share(test_share), method="lower")
    return _part(interactions, interactions.timestamps > cutoff)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Users held out whole: the model is trained on the others, and these are folded in.

    Attributes
    ----------
    train : Interactions
        Ratings of the others.
    known, test : Interactions
        Ratings of the users held out: what is folded in, and what the recommendations are judged by.
    """

    train: Interactions
    known: Interactions
    test: Interactions


def hold_out_users(
    interactions: Interactions, user_share: float = 0.2, test_share: float = 0.2, *, seed: int = 0
) -> HeldOut:
    """Strong generalisation: a share of the users is not seen by any fit, a share of their ratings not by fold-in.

    Parameters
    ----------
    interactions : Interactions
    user_share : float
        Share of the users, drawn at random.
    test_share : float
        Share of each such user's ratings, drawn at random: the questions are who the user is, and not when.
    seed : int
    """
    random = np.random.default_rng(seed)
    n_users = interactions.n_users
    held_users = np.zeros(n_users, bool)
    held_users[random.permutation(n_users)[: round(n_users * _checked_share(user_share))]] = True
    held = held_users[interactions.user_ordinals]
    counts = np.diff(interactions.indptr)
    n_test = np.minimum(np.rint(counts * _checked_share(test_share)), np.maximum(counts - 1, 0)).astype(np.int64)
    drawn = rank_within_users(interactions, random.random(len(interactions)))
    test = held & (drawn < n_test[interactions.user_ordinals])
    return HeldOut(interactions.where(~held), interactions.where(held & ~test), interactions.where(test))


def hold_out_items(interactions: Interactions, item_share: float = 0.1, *, seed: int = 0) -> Split:
    """All ratings of a share of the rated items, drawn at random, are the test: to the model they are cold.

    Parameters
    ----------
    interactions : Interactions
    item_share : float
    seed : int
    """
    rated = np.flatnonzero(interactions.counts)
    drawn = np.random.default_rng(seed).permutation(rated)[: round(len(rated) * _checked_share(item_share))]
    cold = np.zeros(interactions.n_items, bool)
    cold[drawn] = True
    return _part(interactions, cold[interactions.ordinals])


def sample_likes(interactions: Interactions, n: int, *, seed: int = 0) -> Interactions:
    """Of each user `n` ratings of 4 stars or more, drawn at random; nothing else."""
    tiebreak = np.random.default_rng(seed).random(len(interactions))
    likes = interactions.half_stars >= LIKED
    return interactions.where(likes & (rank_within_users(interactions, ~likes, tiebreak) < n))


def recency_ranks(interactions: Interactions) -> NDArray[np.int64]:
    """(n,) int64: the place of each rating among its user's, the newest being 0.

    Ratings of the same second are ordered by chance (with a fixed seed): by id, old and popular movies would come
    first.
    """
    tiebreak = np.random.default_rng(0).random(len(interactions))
    return rank_within_users(interactions, -interactions.timestamps, tiebreak)


def rank_within_users(interactions: Interactions, *keys: NDArray[np.generic]) -> NDArray[np.int64]:
    """(n,) int64: the place of each rating in its user's row when that is sorted by `keys`, the first deciding."""
    order = np.lexsort((*reversed(keys), interactions.user_ordinals))
    ranks = np.empty(len(interactions), np.int64)
    ranks[order] = np.arange(len(interactions)) - interactions.indptr[interactions.user_ordinals]
    return ranks


def age_ranks(user_ordinals: NDArray[np.integer], timestamps: NDArray[np.integer]) -> NDArray[np.float64]:
    """(n,) float64: how many ratings of the same user are newer than each; of the same second, half of the others.

    Parameters
    ----------
    user_ordinals : (n,) int
        Ascending.
    timestamps : (n,) int
    """
    if not len(timestamps):
        return np.zeros(0)
    order = np.lexsort((-timestamps, user_ordinals))
    users, times = user_ordinals[order], timestamps[order]
    tie_groups = np.cumsum(np.append(False, (np.diff(users) != 0) | (np.diff(times) != 0)))
    firsts, sizes = np.unique(tie_groups, return_index=True, return_counts=True)[1:]
    tied_ranks = (firsts + (sizes - 1) / 2)[tie_groups] - np.searchsorted(users, users)
    ranks = np.empty(len(order))
    ranks[order] = tied_ranks
    return ranks


def _part(interactions: Interactions, test: NDArray[np.bool_]) -> Split:
    return Split(interactions.where(~test), interactions.where(test))


def _checked_share(share: float) -> float:
    if not 0 < share < 1:
        raise ValueError(f"a share of {share} is asked for; give a number between 0 and 1")
    return share
