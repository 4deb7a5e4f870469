"""Synthetic interactions with an obvious right answer."""

import numpy as np

from recommendations.engine.data.features import ItemFeatures
from recommendations.engine.data.interactions import IdMap, Interactions


def checkerboard(n_users: int = 40, n_items: int = 30, *, hidden: float = 0.2) -> tuple[Interactions, Interactions]:
    """Return train and hold-out interactions: even users like even items and dislike odd ones, odd users the reverse.

    The hold-out is a share `hidden` of the likes, over the same users and items.
    """
    users, items = np.divmod(np.arange(n_users * n_items), n_items)
    likes = (users + items) % 2 == 0
    random = np.random.default_rng(5)
    held_out = likes & (random.random(len(users)) < hidden)
    whole = Interactions.from_columns(users * 10, items * 3, np.where(likes, 10, 2), random.permutation(len(users)))
    # Users rate only half of what they dislike.
    rated = likes | (random.random(len(users)) < 0.5)
    return whole.where(rated & ~held_out), whole.where(held_out)


def plain_features(interactions: Interactions) -> ItemFeatures:
    return ItemFeatures.build(interactions.items)


def some_ratings(n: int = 400, *, seed: int = 3) -> Interactions:
    """Return `n` ratings of 60 items by 25 users, with item popularity proportional to 1 / rank."""
    random = np.random.default_rng(seed)
    cells = random.choice(25 * 60, n, replace=False, p=_skewed())
    return Interactions.from_columns(
        cells // 60, cells % 60, random.integers(1, 11, n), random.integers(0, 50, n), items=IdMap.of(range(60))
    )


def _skewed() -> np.ndarray:
    weights = np.tile(1 / np.arange(1, 61), 25)
    return weights / weights.sum()
