"""Write a version's arrays and indexes into its folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.interactions import fingerprints
from recommendations.engine.models.rating_prediction import RatingPredictor
from recommendations.engine.models.trained_model import TrainedModel
from recommendations.engine.ranking.annoy_index import build_index
from recommendations.engine.ranking.annoy_tuning import IndexPlan, tune_index
from recommendations.engine.ranking.exact import ExactRanker
from recommendations.engine.reranking.similarity import directions
from recommendations.serving.model import MOVIES_INDEX, SIMILAR_INDEX
from recommendations.training.dataset import Data
from recommendations.versions import artifacts


@dataclass(frozen=True)
class ModelOutputs:
    """The outputs of a training: the data, the model trained on all of it, and results of the trial.

    `stars` predicts ratings; `holdout_ndcg` (n_users,) float32 is each user's NDCG@10 in the trial, NaN for users
    without held-out ratings.
    """

    data: Data
    model: TrainedModel[Any]
    stars: RatingPredictor
    holdout_ndcg: NDArray[np.float32]


def pack(folder: Path, outputs: ModelOutputs, kept: NDArray[np.bool_]) -> IndexPlan:
    """Write the arrays and indexes of a version with the users that `kept` (n_users,) marks."""
    embeddings = outputs.model.embeddings
    item_directions = directions(embeddings.items, outputs.model.fold_in.periods)
    ranker = ExactRanker.prepare(embeddings.items)
    arrays: dict[str, NDArray[Any]] = {
        "user_ids": embeddings.user_ids[kept],
        "users": embeddings.users[kept],
        "fingerprints": fingerprints(outputs.data.interactions)[kept],
        "item_ids": embeddings.item_ids,
        "items": embeddings.items,
        "directions": item_directions,
        "holdout_ndcg": outputs.holdout_ndcg[kept],
        **artifacts.prefixed("facets", vars(outputs.data.facets)),
        **artifacts.prefixed("fold_in", vars(outputs.model.fold_in)),
        **artifacts.prefixed("parts", outputs.model.item_parts),
        **artifacts.prefixed("rating_predictor", vars(outputs.stars.with_offsets_of(outputs.data.interactions))),
        **artifacts.prefixed("exact", ranker.arrays()),
        **artifacts.prefixed("similar", ExactRanker.prepare(item_directions).arrays()),
    }
    artifacts.write_arrays(folder, arrays)
    plan = tune_index(embeddings.items, embeddings.users, folder / MOVIES_INDEX, ranker=ranker)
    build_index(item_directions, folder / SIMILAR_INDEX, n_trees=plan.n_trees)
    return plan
