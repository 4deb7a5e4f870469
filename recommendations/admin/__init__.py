"""Runs, versions and experiments in the admin."""

from recommendations.admin import experimenting, operating

__all__ = ["experimenting", "operating"]
