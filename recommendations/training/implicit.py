"""Ratings without distinct stars: every rating counts as a like, as in implicit feedback.

Equal stars do not say what a user prefers, only that they chose the movie. Read literally, a data set of nothing but
1.0 would hold no likes at all.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.targets import LIKED
from recommendations.engine.models.trained_model import TrainedModel


def only_half_stars(interactions: Interactions) -> int | None:
    """Return the half stars that all ratings have; None if they differ or there are none."""
    values = interactions.half_stars
    return int(values[0]) if len(values) and bool((values == values[0]).all()) else None


def as_likes(interactions: Interactions) -> Interactions:
    """Return ratings to learn from: likes if all have the same stars, else the ratings themselves."""
    if only_half_stars(interactions) is None:
        return interactions
    return replace(interactions, half_stars=np.full_like(interactions.half_stars, LIKED))


def with_likes_at(model: TrainedModel[Any], half_stars: int | None) -> TrainedModel[Any]:
    """Return the model that weighs ratings of these half stars as likes; for None, the model itself."""
    if half_stars is None:
        return model
    weights = model.fold_in.weights.copy()
    weights[half_stars] = weights[LIKED]
    return replace(model, fold_in=replace(model.fold_in, weights=weights))
