"""Build training configurations from overrides."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, get_args

from recommendations.engine.data.presets import SIZES
from recommendations.engine.data.targets import FeedbackKind, Loss
from recommendations.engine.models.spark_als import AlsConfig
from recommendations.engine.training import Recipe, TrainingConfig
from recsite.operations.machine import usable_cpus

C = TypeVar("C", TrainingConfig, AlsConfig)

FEEDBACK: tuple[str, ...] = get_args(FeedbackKind)
LOSSES: tuple[str, ...] = get_args(Loss)
RECIPES: tuple[str, ...] = get_args(Recipe)


class ConfigError(ValueError):
    """A training parameter is unknown or invalid."""


ARTICLE: Mapping[str, Any] = {
    "recipe": "article",
    "dimension": 64,
    "learning_rate": 0.05,
    "item_alpha": 0.0,
    "user_alpha": 0.0,
    "max_sampled": 10,
    "so_so_weight": 0.0,
}
"""One LightFM fit of the likes with the library's defaults and the article's dimension, plus early stopping."""


def configured(overrides: Mapping[str, Any]) -> TrainingConfig:
    """Return the configuration of a recipe ("joined" by default), with some fields overridden."""
    recipe = ARTICLE if overrides.get("recipe") == "article" else {}
    threads = min(SIZES[0].fits, usable_cpus())
    return _build(TrainingConfig, {"threads": threads, **recipe}, overrides)


def als_configured(overrides: Mapping[str, Any]) -> AlsConfig:
    """Return the configuration of ALS, with some fields overridden."""
    return _build(AlsConfig, {}, overrides)


RENAMED: Mapping[str, str] = {
    "sibling_weight": "ease_weight",
    "sibling_features": "ease_features",
    "sibling_so_so": "ease_so_so",
}
"""Current parameter names by their names before 0.2.0, which schedules and old versions still use."""


def _build(kind: type[C], defaults: Mapping[str, Any], overrides: Mapping[str, Any]) -> C:
    overrides = {RENAMED.get(name, name): value for name, value in overrides.items()}
    known = [field.name for field in fields(kind)]
    if unknown := sorted(set(overrides) - set(known)):
        raise ConfigError(f"Unknown: {', '.join(unknown)}. The parameters are {', '.join(known)}.")
    try:
        return kind(**{**defaults, **overrides})
    except (TypeError, ValueError) as error:
        given = ", ".join(f"{name}={value!r}" for name, value in overrides.items())
        raise ConfigError(f"Cannot train with {given}: {error}") from error
