"""TMDB, MovieLens, Criticker and Netflix: sites with one or two CSVs."""

import re

from movies.transfer.cells import FIVE, HUNDRED, TEN
from movies.transfer.entries import Kind
from movies.transfer.layouts.layout import Layout, Record, is_television, needs

_TMDB_COLUMNS = {
    "title": ("name", "title"),
    "year": ("releasedate", "year"),
    "type": ("type",),
    "season": ("seasonnumber", "episodenumber"),
    "rating": ("yourrating",),
    "at": ("daterated", "dateadded"),
    "imdb": ("imdbid",),
    "tmdb": ("tmdbid",),
}
_MOVIELENS_COLUMNS = {
    "movielens": ("movieid",),
    "imdb": ("imdbid",),
    "tmdb": ("tmdbid",),
    "title": ("title",),
    "rating": ("rating",),
    "at": ("timestamp",),
}
_EPISODE = re.compile(
    r": (?:(?:season|series|part|book|volume|chapter|staffel|teil|saison|partie|temporada|parte|stagione|seizoen) "
    r"?\w+|limited series|miniseries|mini-series|miniserie|collection)(?: \([^)]*\))?:|\bepisode \d+\b|\bfolge \d+\b",
    re.IGNORECASE,
)


def _is_episode(record: Record) -> bool:
    """Return whether a title of Netflix is an episode: “Dark: Season 1: Secrets”."""
    return bool(_EPISODE.search(record.get("title", ""))) or is_television(record)


LAYOUTS = (
    Layout(
        "tmdb-watchlist",
        "TMDB watchlist",
        _TMDB_COLUMNS,
        needs=needs("tmdbid", "type", "name"),
        file=re.compile("watchlist"),
        scale=TEN,
        unrated=Kind.WATCHLIST,
    ),
    Layout(
        "tmdb-favourites",
        "TMDB favourites",
        _TMDB_COLUMNS,
        needs=needs("tmdbid", "type", "name"),
        file=re.compile("favou?rite"),
        scale=TEN,
        unrated=Kind.LIKE,
    ),
    Layout("tmdb-ratings", "TMDB ratings", _TMDB_COLUMNS, needs=needs("tmdbid", "type", "name"), scale=TEN),
    Layout(
        "movielens-site",
        "MovieLens ratings",
        _MOVIELENS_COLUMNS,
        needs=needs("movieid", "imdbid", "tmdbid", "rating", "averagerating"),
        scale=FIVE,
    ),
    Layout(
        "movielens-wishlist",
        "MovieLens wishlist",
        _MOVIELENS_COLUMNS,
        needs=needs("movieid", "imdbid", "tmdbid", "averagerating"),
        lacks=needs("rating"),
        rated=None,
        unrated=Kind.WATCHLIST,
    ),
    Layout(
        "movielens-data-set",
        "MovieLens data set",
        {**_MOVIELENS_COLUMNS, "user": ("userid",)},
        needs=needs("userid", "movieid", "rating"),
        scale=FIVE,
        one_user=True,
    ),
    Layout(
        "movielens-ids",
        "MovieLens ratings by id",
        _MOVIELENS_COLUMNS,
        needs=needs("movieid", "rating"),
        lacks=needs("title", "name"),
        spelled=frozenset(("movieId", "movie_id", "movieid")),
        scale=FIVE,
    ),
    Layout(
        "criticker-ratings",
        "Criticker ratings",
        {
            "title": ("filmname", "title", "name"),
            "year": ("year",),
            "rating": ("score", "rating"),
            "at": ("daterated", "date"),
            "imdb": ("imdbid", "imdb"),
            "type": ("type",),
        },
        needs=needs("filmname", "year"),
        lacks=needs("letterboxduri"),
        scale=HUNDRED,
    ),
    Layout(
        "netflix-account",
        "Netflix viewing activity",
        {"title": ("title",), "at": ("starttime",)},
        needs=needs("title", "starttime", "duration"),
        rated=None,
        unrated=Kind.SEEN,
        is_television=_is_episode,
    ),
    Layout(
        "netflix-history",
        "Netflix viewing history",
        {"title": ("title",), "at": ("date",)},
        needs=needs("title", "date"),
        lacks=needs("rating", "year", "yourrating", "score", "stars"),
        rated=None,
        unrated=Kind.SEEN,
        is_television=_is_episode,
    ),
)
