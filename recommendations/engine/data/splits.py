"""Train/test splits of interactions: by time, leave-last-out, held-out users and held-out items."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.targets import LIKED


@dataclass(frozen=True, eq=False)
class Split:
    """Train and test parts of the same ratings, with the same users and items.

    Attributes
    ----------
    train, test : Interactions
    """

    train: Interactions
    test: Interactions


def split_by_user_time(interactions: Interactions, test_share: float = 0.2) -> Split:
    """Hold out the latest ratings of each user.

    Parameters
    ----------
    interactions : Interactions
    test_share : float
        Share of each user's ratings, rounded; a user with any ratings keeps at least one in train.
    """
    counts = np.diff(interactions.indptr)
    n_test = np.minimum(np.rint(counts * _checked_share(test_share)), np.maximum(counts - 1, 0)).astype(np.int64)
    return _part(interactions, recency_ranks(interactions) < n_test[interactions.user_ordinals])


def split_leave_last_out(interactions: Interactions) -> Split:
    """Hold out the last rating of each user; a user with a single rating keeps it in train."""
    counts = np.diff(interactions.indptr)
    return _part(interactions, (recency_ranks(interactions) < 1) & (counts > 1)[interactions.user_ordinals])


def split_by_time(interactions: Interactions, test_share: float = 0.2) -> Split:
    """Hold out all ratings after one timestamp, of all users: users and movies of the test part may be new.

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
    """Users held out as a whole: the model is trained on the others, and these are folded in.

    Attributes
    ----------
    train : Interactions
        Ratings of the other users.
    known, test : Interactions
        Ratings of the held-out users: those that are folded in, and those that recommendations are evaluated on.
    """

    train: Interactions
    known: Interactions
    test: Interactions


def hold_out_users(
    interactions: Interactions, user_share: float = 0.2, test_share: float = 0.2, *, seed: int = 0
) -> HeldOut:
    """Strong generalization: hold out a share of the users from training, and a share of their ratings from fold-in.

    Parameters
    ----------
    interactions : Interactions
    user_share : float
        Share of the users, drawn at random.
    test_share : float
        Share of each such user's ratings, drawn at random: the question is who the user is, not when they rate.
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
    """Hold out all ratings of a random share of the rated items: the items are cold to the model.

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
    """Keep `n` random ratings of 4 stars or more of each user, and nothing else."""
    tiebreak = np.random.default_rng(seed).random(len(interactions))
    likes = interactions.half_stars >= LIKED
    return interactions.where(likes & (rank_within_users(interactions, ~likes, tiebreak) < n))


def recency_ranks(interactions: Interactions) -> NDArray[np.int64]:
    """(n,) int64: the rank of each rating in its user's history, the newest being 0.

    Ratings of the same second are ordered at random, with a fixed seed: ordered by id, old and popular movies would
    come first.
    """
    tiebreak = np.random.default_rng(0).random(len(interactions))
    return rank_within_users(interactions, -interactions.timestamps, tiebreak)


def rank_within_users(interactions: Interactions, *keys: NDArray[np.generic]) -> NDArray[np.int64]:
    """(n,) int64: the rank of each rating in its user's row when sorted by `keys`, the first key being primary."""
    order = np.lexsort((*reversed(keys), interactions.user_ordinals))
    ranks = np.empty(len(interactions), np.int64)
    ranks[order] = np.arange(len(interactions)) - interactions.indptr[interactions.user_ordinals]
    return ranks


def age_ranks(user_ordinals: NDArray[np.integer], timestamps: NDArray[np.integer]) -> NDArray[np.float64]:
    """(n,) float64: the number of newer ratings of the same user, plus half of the others of the same second.

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
        raise ValueError(f"the share is {share}; give a number between 0 and 1")
    return share
