"""Trakt: CSVs of ratings, history and watchlist, and the JSON of its backups and API."""

from collections.abc import Iterator
from typing import Any

from movies.transfer.cells import TEN
from movies.transfer.entries import Kind
from movies.transfer.layouts.layout import Layout, ids_of, needs, texts

_COLUMNS = {
    "title": ("title",),
    "year": ("year", "released"),
    "type": ("type",),
    "season": ("seasonnumber", "episodenumber"),
    "imdb": ("imdbid",),
    "tmdb": ("tmdbid",),
}
_DATES = {
    "rated_at": Kind.RATING,
    "watched_at": Kind.SEEN,
    "last_watched_at": Kind.SEEN,
    "listed_at": Kind.WATCHLIST,
}
_OTHER_THINGS = ("show", "season", "episode")


def _documents(document: Any, depth: int = 0) -> Iterator[dict[str, str]]:
    """Yield the movies, shows and episodes of lists, also of lists by name."""
    if depth > 3:
        return
    if isinstance(document, list):
        for item in document:
            if isinstance(item, dict) and (record := _record(item)):
                yield record
    elif isinstance(document, dict):
        for part in document.values():
            yield from _documents(part, depth + 1)


def _record(item: dict[str, Any]) -> dict[str, str] | None:
    if "collected_at" in item or not any(isinstance(item.get(what), dict) for what in ("movie", *_OTHER_THINGS)):
        return None
    date = next((name for name in _DATES if item.get(name)), None)
    if date is None and "rating" not in item:
        return None
    other = next((what for what in _OTHER_THINGS if isinstance(item.get(what), dict)), "")
    about = item.get("movie") or item.get("show") or item.get(other)
    if not isinstance(about, dict):
        return None
    ids = ids_of(about)
    kind = Kind.RATING if item.get("rating") else _DATES[date] if date else Kind.SEEN
    fields = {
        "title": about.get("title"),
        "year": about.get("year"),
        "type": other or "movie",
        "imdb": ids.get("imdb"),
        "tmdb": ids.get("tmdb"),
        "rating": item.get("rating"),
        "at": item.get(date) if date else None,
        "kind": kind,
    }
    return texts(fields)


LAYOUTS = (
    Layout(
        "trakt-ratings",
        "Trakt ratings",
        {**_COLUMNS, "rating": ("rating",), "at": ("ratedat",)},
        needs=needs("ratedat", "title", "rating"),
        scale=TEN,
    ),
    Layout(
        "trakt-history",
        "Trakt history",
        {**_COLUMNS, "at": ("watchedat", "lastwatchedat")},
        needs=needs("watchedat", "title", "traktid"),
        lacks=needs("rating"),
        rated=None,
        unrated=Kind.SEEN,
    ),
    Layout(
        "trakt-watched",
        "Trakt watched films",
        {**_COLUMNS, "at": ("lastwatchedat",)},
        needs=needs("lastwatchedat", "title", "traktid"),
        lacks=needs("rating"),
        rated=None,
        unrated=Kind.SEEN,
    ),
    Layout(
        "trakt-watchlist",
        "Trakt watchlist",
        {**_COLUMNS, "at": ("listedat",)},
        needs=needs("listedat", "title"),
        lacks=needs("rating"),
        rated=None,
        unrated=Kind.WATCHLIST,
    ),
    Layout("trakt-json", "Trakt backup", scale=TEN, documents=_documents),
)
