"""Letterboxd: the CSVs of its export, which come as a zip, and the CSV that it imports."""

import re

from movies.transfer.cells import FIVE, TEN
from movies.transfer.entries import Kind
from movies.transfer.layouts.layout import Layout, needs

_COLUMNS = {"title": ("name",), "year": ("year",), "rating": ("rating",), "at": ("date",)}
_DIARY_COLUMNS = {**_COLUMNS, "seen": ("watcheddate",), "at": ("watcheddate", "date")}
_LIST = needs("name", "year", "letterboxduri")
_IMPORT_COLUMNS = {
    "title": ("title", "name"),
    "year": ("year",),
    "at": ("watcheddate", "createddate"),
    "imdb": ("imdbid",),
    "tmdb": ("tmdbid",),
}

LAYOUTS = (
    Layout(
        "letterboxd-reviews",
        "Letterboxd reviews",
        _DIARY_COLUMNS,
        needs=needs("name", "letterboxduri", "rating", "review"),
        scale=FIVE,
        unrated=Kind.SEEN,
    ),
    Layout(
        "letterboxd-diary",
        "Letterboxd diary",
        _DIARY_COLUMNS,
        needs=needs("name", "letterboxduri", "rating", "watcheddate"),
        lacks=needs("review"),
        scale=FIVE,
        unrated=Kind.SEEN,
    ),
    Layout(
        "letterboxd-ratings",
        "Letterboxd ratings",
        _COLUMNS,
        needs=needs("name", "year", "letterboxduri", "rating"),
        lacks=needs("watcheddate"),
        scale=FIVE,
        unrated=Kind.SEEN,
    ),
    Layout(
        "letterboxd-watchlist",
        "Letterboxd watchlist",
        _COLUMNS,
        needs=_LIST,
        lacks=needs("rating"),
        file=re.compile(r"watch-?list"),
        rated=None,
        unrated=Kind.WATCHLIST,
    ),
    Layout(
        "letterboxd-likes",
        "Letterboxd likes",
        _COLUMNS,
        needs=_LIST,
        lacks=needs("rating"),
        file=re.compile(r"likes|films\.csv$"),
        rated=None,
        unrated=Kind.LIKE,
    ),
    Layout(
        "letterboxd-watched",
        "Letterboxd watched films",
        _COLUMNS,
        needs=_LIST,
        lacks=needs("rating"),
        rated=None,
        unrated=Kind.SEEN,
    ),
    Layout(
        "letterboxd-import-10",
        "Letterboxd import format, Rating10",
        {**_IMPORT_COLUMNS, "rating": ("rating10",)},
        needs=needs("rating10"),
        scale=TEN,
        unrated=Kind.SEEN,
    ),
    Layout(
        "letterboxd-import",
        "Letterboxd import format",
        {**_IMPORT_COLUMNS, "rating": ("rating",)},
        needs=needs("title", "rating"),
        lacks=needs("movieid", "rating10"),
        spelled=frozenset(("imdbID", "tmdbID", "WatchedDate", "LetterboxdURI")),
        scale=FIVE,
        unrated=Kind.SEEN,
    ),
)
