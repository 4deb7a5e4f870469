"""The catalogue, the people and what they said in the admin."""

from movies.admin import tables

__all__ = ["tables"]
