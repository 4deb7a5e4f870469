"""Admin of runs, versions and experiments."""

from recommendations.admin import experiments, model_versions

__all__ = ["experiments", "model_versions"]
