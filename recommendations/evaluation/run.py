"""The use case of an evaluation: the database's ratings, parted in some way, and models judged beside each other."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from recommendations.engine.data.features import ItemFeatures
from recommendations.engine.evaluation.evaluate import Evaluation
from recommendations.engine.evaluation.protocols import PROTOCOLS, Protocol
from recommendations.engine.evaluation.report import describe, judge_peer
from recommendations.engine.training import TrainingConfig, train
from recommendations.evaluation.baselines import peers
from recommendations.training.config import configured
from recommendations.training.dataset import read
from recommendations.training.tuning import tuned

OURS = "recsite"
BASELINES = ("popularity", "EASE", "item-kNN", "ALS")
"""Judged beside ours unless others are named.  SLIM has to be: its time grows with items times ratings."""
SPLITS = tuple(PROTOCOLS)
Tell = Callable[[str], object]


class NothingToJudgeError(Exception):
    """There are too few ratings to part them in the way that was asked for."""


def baselines() -> tuple[str, ...]:
    """The names of the baselines that can be run here."""
    return tuple(peers())


def evaluate(
    *,
    split: str,
    parameters: Mapping[str, Any],
    beside: Iterable[str] = BASELINES,
    seed: int = 0,
    tell: Tell = lambda _: None,
) -> dict[str, Any]:
    """Judge our model, and others beside it, on the ratings of the database.

    Returns a report that is ready for JSON: "split", "seed" and "models" by name, ours first.
    """
    data = read()
    protocol = PROTOCOLS[split](data.interactions, seed)
    if not len(protocol.train) or not len(protocol.judged.test):
        raise NothingToJudgeError("There are too few ratings; load some with `manage.py load_movielens`.")
    return {
        "split": split,
        "seed": seed,
        "models": judge(
            protocol, data.features, configured(tuned(parameters)), [name for name in beside if name in peers()], tell
        ),
    }


def judge(
    protocol: Protocol, features: ItemFeatures, config: TrainingConfig, beside: Iterable[str], tell: Tell
) -> dict[str, Any]:
    """By name, what there is to tell of ours and of each model beside it."""
    labels = features.matrix[:, features.blocks["genres"]] if "genres" in features.blocks else None
    tell(OURS)
    settings, ours = _judge_ours(protocol, features, config)
    told = {OURS: {"setting": settings, **describe(ours, protocol, labels)}}
    for name in beside:
        tell(name)
        setting, judged = judge_peer(protocol, peers()[name])
        told[name] = {"setting": setting, **describe(judged, protocol, labels, ours)}
    return told


def _judge_ours(
    protocol: Protocol, features: ItemFeatures, config: TrainingConfig
) -> tuple[Mapping[str, Any], Evaluation]:
    model = train(protocol.train, features, config)
    return asdict(model.config), protocol.judge(protocol.ours(model.embeddings, model.fold_in))
