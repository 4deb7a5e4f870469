"""The Django settings: `base`, with the longer parts in modules of their own."""

from recsite.settings.base import *  # noqa: F403 - Django reads settings from one module
