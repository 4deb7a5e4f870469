"""Runs, versions and experiments in the admin."""

from recommendations.admin import accounts, experiments, model_versions

__all__ = ["accounts", "experiments", "model_versions"]
