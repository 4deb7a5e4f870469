"""Admin of runs, versions and experiments."""

from recommendations.admin import accounts, experiments, model_versions

__all__ = ["accounts", "experiments", "model_versions"]
