"""Planted data whose right answer is plain."""

import numpy as np

from recommendations.engine.data.features import ItemFeatures
from recommendations.engine.data.interactions import IdMap, Interactions


def checkerboard(n_users: int = 40, n_items: int = 30, *, hidden: float = 0.2) -> tuple[Interactions, Interactions]:
    """Even users like even items and dislike odd ones, odd users the reverse; a share of the likes is kept back.

    Returns what is known and what is kept back, among the same users and items.
    """
    users, items = np.divmod(np.arange(n_users * n_items), n_items)
    likes = (users + items) % 2 == 0
    random = np.random.default_rng(5)
    kept_back = likes & (random.random(len(users)) < hidden)
    whole = Interactions.from_columns(users * 10, items * 3, np.where(likes, 10, 2), random.permutation(len(users)))
    # Half of the dislikes is all that people have told.
    told = likes | (random.random(len(users)) < 0.5)
    return whole.where(told & ~kept_back), whole.where(kept_back)


def plain_features(interactions: Interactions) -> ItemFeatures:
    return ItemFeatures.build(interactions.items)


def some_ratings(n: int = 400, *, seed: int = 3) -> Interactions:
    """`n` ratings of 60 items by 25 users, some items the favourites of most."""
    random = np.random.default_rng(seed)
    cells = random.choice(25 * 60, n, replace=False, p=_skewed())
    return Interactions.from_columns(
        cells // 60, cells % 60, random.integers(1, 11, n), random.integers(0, 50, n), items=IdMap.of(range(60))
    )


def _skewed() -> np.ndarray:
    weights = np.tile(1 / np.arange(1, 61), 25)
    return weights / weights.sum()
