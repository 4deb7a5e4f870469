"""Models of the catalogue, users, and their ratings, tags and lists."""

from movies.models.catalogue import Genre, Movie, Tag
from movies.models.genome import GenomeTag, GenomeVector
from movies.models.loads import Load
from movies.models.opinions import LISTS, HiddenMovie, KeptMovie, MovieTag, Rating, SeenMovie, WatchlistItem
from movies.models.people import MOVIELENS_USERNAME, Demographics, User
from movies.models.watch_groups import WatchGroup, WatchGroupMember

__all__ = [
    "LISTS",
    "MOVIELENS_USERNAME",
    "Demographics",
    "GenomeTag",
    "GenomeVector",
    "Genre",
    "HiddenMovie",
    "KeptMovie",
    "Load",
    "Movie",
    "MovieTag",
    "Rating",
    "SeenMovie",
    "Tag",
    "User",
    "WatchGroup",
    "WatchGroupMember",
    "WatchlistItem",
]
