"""Admin of the catalogue, the users and their ratings, tags and lists."""

from movies.admin import tables

__all__ = ["tables"]
