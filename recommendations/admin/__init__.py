"""Runs, versions and experiments in the admin."""

from recommendations.admin import experiments, model_versions

__all__ = ["experiments", "model_versions"]
