"""Runs, versions, experiments and services in the admin."""

from recommendations.admin import experimenting, operating, services

__all__ = ["experimenting", "operating", "services"]
