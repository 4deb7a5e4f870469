"""Search for better training parameters within a time budget."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import optuna

from recommendations.engine.data.features import ItemFeatures
from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.splits import split_by_user_time
from recommendations.engine.training import search
from recommendations.models import TunedParameters
from recommendations.training.config import configured
from recommendations.training.dataset import read

DEFAULTS = configured({})
SEARCHED = ("learning_rate", "user_alpha", "item_alpha", "max_sampled", "so_so_weight", "popularity_ridge")
Report = Callable[[int, float, float], None]
"""Called after each trial with its number, its value and the best value so far."""


class NothingToTuneError(Exception):
    """There are no ratings."""


def tune(
    *, seconds: float, trials: int | None = None, seed: int = 0, report: Report = lambda *_: None
) -> TunedParameters:
    """Search for the given time and save the best parameters for the next retraining, or none if the defaults win.

    The search does not use each user's latest ratings, on which models are evaluated.

    Raises
    ------
    NothingToTuneError
        If there are no ratings.
    """
    data = read()
    if not len(data.interactions):
        raise NothingToTuneError("There are no ratings to learn from; load some with `manage.py load_movielens`.")
    start = time.monotonic()
    train = split_by_user_time(data.interactions).train
    study = _study(seed)

    def objective(trial: optuna.Trial) -> float:
        return _ndcg(train, data.features, _suggest(trial))

    def callback(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        report(trial.number, trial.value or 0, study.best_value)

    study.optimize(objective, n_trials=1, callbacks=[callback])
    remaining = start + seconds - time.monotonic()
    if remaining > 0 and trials != 1:
        study.optimize(objective, n_trials=trials and trials - 1, timeout=remaining, callbacks=[callback])
    return TunedParameters.objects.create(
        parameters=study.best_params if study.best_trial.number else {},
        found=study.best_value,
        default=study.trials[0].value or 0,
        trials=len(study.trials),
        seconds=round(time.monotonic() - start, 1),
        ratings=len(data.interactions),
    )


def tuned(given: Mapping[str, Any]) -> dict[str, Any]:
    """Complete these parameters with the latest search result, which applies only to the recipe "joined"."""
    latest = TunedParameters.objects.first()
    if latest is None or given.get("recipe", "joined") != "joined":
        return dict(given)
    return {**latest.parameters, **given}


def forget() -> int:
    """Delete all search results, so that trainings start from the defaults; return how many."""
    return TunedParameters.objects.all().delete()[0]


def _study(seed: int) -> optuna.Study:
    """Create a search that tries the defaults first."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial({name: getattr(DEFAULTS, name) for name in SEARCHED})
    return study


def _ndcg(train: Interactions, features: ItemFeatures, parameters: dict[str, Any]) -> float:
    """Return the best NDCG@10 on the validation slice."""
    _, history = search(train, features, configured(parameters), lambda *_: None)
    return max(float(point["ndcg@10"]) for point in history)


def _suggest(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
        "user_alpha": trial.suggest_float("user_alpha", 1e-6, 1e-3, log=True),
        "item_alpha": trial.suggest_float("item_alpha", 1e-9, 1e-5, log=True),
        "max_sampled": trial.suggest_int("max_sampled", 10, 100, log=True),
        "so_so_weight": trial.suggest_float("so_so_weight", 0.0, 1.0),
        "popularity_ridge": trial.suggest_float("popularity_ridge", 0.05, 2, log=True),
    }
