"""Evaluate the model and baselines on a split of the database's ratings."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from recommendations.engine.data.features import ItemFeatures
from recommendations.engine.evaluation.evaluate import Evaluation
from recommendations.engine.evaluation.protocols import PROTOCOLS, Protocol
from recommendations.engine.evaluation.report import describe, evaluate_baseline
from recommendations.engine.training import TrainingConfig, train
from recommendations.evaluation.baselines import available_baselines
from recommendations.training.config import configured
from recommendations.training.dataset import read
from recommendations.training.tuning import tuned

OURS = "recsite"
BASELINES = ("popularity", "EASE", "item-kNN", "ALS")
"""The default baselines. SLIM must be named, because its time grows with items times ratings."""
SPLITS = tuple(PROTOCOLS)
Report = Callable[[str], object]
"""Called with the name of each model before it is fitted."""


class NothingToEvaluateError(Exception):
    """There are too few ratings for this split."""


def baselines() -> tuple[str, ...]:
    """Return the names of the baselines whose libraries are installed."""
    return tuple(available_baselines())


def evaluate(
    *,
    split: str,
    parameters: Mapping[str, Any],
    beside: Iterable[str] = BASELINES,
    seed: int = 0,
    report: Report = lambda _: None,
) -> dict[str, Any]:
    """Evaluate our model and the baselines in `beside` on the database's ratings.

    Returns a report that is ready for JSON: "split", "seed" and "models" by name, ours first.

    Raises
    ------
    NothingToEvaluateError
        If there are too few ratings for the split.
    """
    data = read()
    protocol = PROTOCOLS[split](data.interactions, seed)
    if not len(protocol.train) or not len(protocol.judged.test):
        raise NothingToEvaluateError("There are too few ratings; load some with `manage.py load_movielens`.")
    available = [name for name in beside if name in available_baselines()]
    config = configured(tuned(parameters))
    return {
        "split": split,
        "seed": seed,
        "models": compare(protocol, data.features, config, available, report),
    }


def compare(
    protocol: Protocol, features: ItemFeatures, config: TrainingConfig, beside: Iterable[str], report: Report
) -> dict[str, Any]:
    """Return by name the setting and measures of our model and of each baseline."""
    labels = features.matrix[:, features.blocks["genres"]] if "genres" in features.blocks else None
    report(OURS)
    setting, ours = _evaluate_ours(protocol, features, config)
    models = {OURS: {"setting": setting, **describe(ours, protocol, labels)}}
    for name in beside:
        report(name)
        setting, evaluation = evaluate_baseline(protocol, available_baselines()[name])
        models[name] = {"setting": setting, **describe(evaluation, protocol, labels, ours)}
    return models


def _evaluate_ours(
    protocol: Protocol, features: ItemFeatures, config: TrainingConfig
) -> tuple[Mapping[str, Any], Evaluation]:
    model = train(protocol.train, features, config)
    return asdict(model.config), protocol.judge(protocol.model_scorer(model.embeddings, model.fold_in))
