"""Simkl: the CSV and the JSON of its backup."""

from collections.abc import Iterator
from typing import Any

from movies.transfer.cells import TEN
from movies.transfer.entries import Kind
from movies.transfer.layouts.layout import Layout, ids_of, needs, texts

_STATUSES: dict[str, Kind | None] = {
    "": Kind.SEEN,
    "completed": Kind.SEEN,
    "watched": Kind.SEEN,
    "false": Kind.SEEN,
    "plantowatch": Kind.WATCHLIST,
    "true": Kind.WATCHLIST,
    "watching": None,
    "hold": None,
    "onhold": None,
    "dropped": None,
    "notinteresting": None,
}
_TYPES = {"movies": "movie", "shows": "show", "anime": "anime"}


def _documents(document: Any) -> Iterator[dict[str, str]]:
    if not isinstance(document, dict):
        return
    for part, kind in _TYPES.items():
        items = document.get(part)
        for item in items if isinstance(items, list) else ():
            about = item.get("movie") or item.get("show") if isinstance(item, dict) else None
            if isinstance(about, dict) and ("status" in item or "user_rating" in item):
                yield _record(item, about, kind)


def _record(item: dict[str, Any], about: dict[str, Any], kind: str) -> dict[str, str]:
    ids = ids_of(about)
    fields = {
        "title": about.get("title"),
        "year": about.get("year"),
        "type": "movie" if item.get("anime_type") == "movie" else kind,
        "imdb": ids.get("imdb"),
        "tmdb": ids.get("tmdb"),
        "rating": item.get("user_rating"),
        "at": item.get("user_rated_at") or item.get("last_watched_at") or item.get("added_to_watchlist_at"),
        "status": item.get("status"),
    }
    return texts(fields)


LAYOUTS = (
    Layout(
        "simkl-csv",
        "Simkl backup",
        {
            "title": ("title",),
            "year": ("year",),
            "type": ("type",),
            "status": ("watchlist",),
            "rating": ("rating",),
            "at": ("watcheddate",),
            "season": ("lastepwatched",),
            "imdb": ("imdb", "imdbid"),
            "tmdb": ("tmdb", "tmdbid"),
        },
        needs=needs("title", "type", "watchlist", "watcheddate"),
        scale=TEN,
        unrated=Kind.SEEN,
        statuses=_STATUSES,
    ),
    Layout("simkl-json", "Simkl backup, JSON", scale=TEN, unrated=Kind.SEEN, statuses=_STATUSES, documents=_documents),
)
