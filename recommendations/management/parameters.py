"""Command-line options for training parameters."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Mapping
from typing import Any

from django.core.management import CommandError

from recommendations.training.config import FEEDBACK, LOSSES, RECIPES, ConfigError, configured
from recommendations.training.spark import SparkUnavailableError

FLAGS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "recipe": (RECIPES, "joined: LightFM fits, EASE and ALS in one dot product; article: one plain LightFM fit"),
    "feedback": (FEEDBACK, "implicit: ratings are positives weighted by stars; explicit: some are negatives"),
    "loss": (LOSSES, "the loss that LightFM minimises; logistic needs explicit feedback"),
}


def add_training_arguments(parser: ArgumentParser) -> None:
    for name, (choices, text) in FLAGS.items():
        parser.add_argument(f"--{name}", choices=choices, help=text)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=assignment,
        metavar="NAME=VALUE",
        help="any training parameter, such as epochs=20; may be repeated",
    )


def training_parameters(
    options: Mapping[str, Any], check: Callable[[Mapping[str, Any]], object] = configured
) -> dict[str, Any]:
    """Return the given parameters by name; raise CommandError if `check` rejects them."""
    given = {name: options[name] for name in FLAGS if options[name] is not None} | dict(options["set"])
    try:
        check(given)
    except (ConfigError, SparkUnavailableError) as error:
        raise CommandError(str(error), returncode=2) from error
    return given


def assignment(text: str) -> tuple[str, Any]:
    """Parse NAME=VALUE, where the value is JSON or else a string."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
