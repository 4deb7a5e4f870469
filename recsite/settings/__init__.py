"""The settings of the project: `base`, with what is long in modules of its own."""

from recsite.settings.base import *  # noqa: F403 - Django reads settings from one module
