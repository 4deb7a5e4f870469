"""The use case of a search for better training parameters, within a budget of time."""

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
Tell = Callable[[int, float, float], None]
"""Called after each trial with its number, its value and the best so far."""


class NothingToTuneError(Exception):
    """There are no ratings."""


def tune(*, seconds: float, trials: int | None = None, seed: int = 0, tell: Tell = lambda *_: None) -> TunedParameters:
    """Search until the time is up and keep what was found for the next retraining; keep nothing that is no better.

    The latest ratings of each user, by which models are judged in the end, take no part in the search.
    """
    data = read()
    if not len(data.interactions):
        raise NothingToTuneError("There are no ratings to learn from; load some with `manage.py load_movielens`.")
    start = time.monotonic()
    seen = split_by_user_time(data.interactions).train
    study = _study(seed)

    def judge(trial: optuna.Trial) -> float:
        return _value(seen, data.features, _suggested(trial))

    def told(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        tell(trial.number, trial.value or 0, study.best_value)

    study.optimize(judge, n_trials=1, callbacks=[told])
    left = start + seconds - time.monotonic()
    if left > 0 and trials != 1:
        study.optimize(judge, n_trials=trials and trials - 1, timeout=left, callbacks=[told])
    return TunedParameters.objects.create(
        parameters=study.best_params if study.best_trial.number else {},
        found=study.best_value,
        default=study.trials[0].value or 0,
        trials=len(study.trials),
        seconds=round(time.monotonic() - start, 1),
        ratings=len(data.interactions),
    )


def tuned(given: Mapping[str, Any]) -> dict[str, Any]:
    """These parameters beside those found last, which belong to our recipe only."""
    latest = TunedParameters.objects.first()
    if latest is None or given.get("recipe", "joined") != "joined":
        return dict(given)
    return {**latest.parameters, **given}


def forget() -> int:
    """Go back to the defaults; how many searches were forgotten."""
    return TunedParameters.objects.all().delete()[0]


def _study(seed: int) -> optuna.Study:
    """A search whose first trial is that of the defaults."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial({name: getattr(DEFAULTS, name) for name in SEARCHED})
    return study


def _value(seen: Interactions, features: ItemFeatures, parameters: dict[str, Any]) -> float:
    _, history = search(seen, features, configured(parameters), lambda *_: None)
    return max(float(look["ndcg@10"]) for look in history)


def _suggested(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
        "user_alpha": trial.suggest_float("user_alpha", 1e-6, 1e-3, log=True),
        "item_alpha": trial.suggest_float("item_alpha", 1e-9, 1e-5, log=True),
        "max_sampled": trial.suggest_int("max_sampled", 10, 100, log=True),
        "so_so_weight": trial.suggest_float("so_so_weight", 0.0, 1.0),
        "popularity_ridge": trial.suggest_float("popularity_ridge", 0.05, 2, log=True),
    }
