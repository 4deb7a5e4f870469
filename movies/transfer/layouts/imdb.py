"""IMDb: exports of ratings, lists and the watchlist, and those from before 2017."""

import re

from movies.transfer.cells import TEN
from movies.transfer.entries import Kind
from movies.transfer.layouts.layout import Layout, needs

_COLUMNS = {
    "title": ("title",),
    "original": ("originaltitle",),
    "year": ("year",),
    "rating": ("yourrating", "yourated"),
    "at": ("daterated", "created"),
    "type": ("titletype",),
    "imdb": ("const", "url"),
}
_LIST = needs("const", "position", "created")

LAYOUTS = (
    Layout(
        "imdb-old-watchlist",
        "IMDb watchlist from before 2017",
        _COLUMNS,
        needs=_LIST | needs("yourated"),
        file=re.compile("watchlist"),
        scale=TEN,
        unrated=Kind.WATCHLIST,
    ),
    Layout(
        "imdb-old-ratings",
        "IMDb ratings or list from before 2017",
        _COLUMNS,
        needs=needs("const", "yourated"),
        scale=TEN,
    ),
    Layout(
        "imdb-watchlist",
        "IMDb watchlist",
        _COLUMNS,
        needs=_LIST,
        file=re.compile("watchlist"),
        scale=TEN,
        unrated=Kind.WATCHLIST,
    ),
    Layout("imdb-list", "IMDb list", _COLUMNS, needs=_LIST, scale=TEN),
    Layout("imdb-ratings", "IMDb ratings", _COLUMNS, needs=needs("const", "yourrating"), scale=TEN),
)
