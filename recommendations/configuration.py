"""The configuration of a training, from what somebody asked for."""

import os
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args

from recommendations.engine.feedback import FeedbackKind, Loss
from recommendations.engine.training import Recipe, TrainingConfig

FEEDBACK: tuple[str, ...] = get_args(FeedbackKind)
LOSSES: tuple[str, ...] = get_args(Loss)
RECIPES: tuple[str, ...] = get_args(Recipe)


class ConfigError(ValueError):
    """A parameter of the training is unknown or wrong."""


def configured(overrides: Mapping[str, Any]) -> TrainingConfig:
    """The default configuration of the training with some fields replaced."""
    known = [field.name for field in fields(TrainingConfig)]
    if unknown := sorted(set(overrides) - set(known)):
        raise ConfigError(f"Unknown: {', '.join(unknown)}. The parameters are {', '.join(known)}.")
    threads = min(TrainingConfig.fits, len(os.sched_getaffinity(0)))
    try:
        return TrainingConfig(**{"threads": threads, **overrides})
    except (TypeError, ValueError) as error:
        given = ", ".join(f"{name}={value!r}" for name, value in overrides.items())
        raise ConfigError(f"The training cannot be done with {given}: {error}") from error
