"""recsite: its own export of ratings, and the JSON of an account."""

from collections.abc import Iterator
from typing import Any

from movies.transfer.cells import FIVE
from movies.transfer.entries import Kind
from movies.transfer.layouts.layout import Layout, needs, texts


def _documents(document: Any) -> Iterator[dict[str, str]]:
    if not isinstance(document, dict) or "not_interested" not in document:
        return
    for part, kind in (("ratings", Kind.RATING), ("watchlist", Kind.WATCHLIST)):
        items = document.get(part)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict):
                yield _record(item, kind)


def _record(item: dict[str, Any], kind: Kind) -> dict[str, str]:
    fields = {
        "title": item.get("title"),
        "year": item.get("year"),
        "movielens": item.get("movielens_id"),
        "rating": item.get("stars"),
        "at": item.get("rated"),
        "kind": kind,
    }
    return texts(fields)


LAYOUTS = (
    Layout(
        "recsite-ratings",
        "recsite ratings",
        {
            "title": ("title",),
            "year": ("year",),
            "rating": ("rating",),
            "at": ("watcheddate",),
            "imdb": ("imdbid",),
            "tmdb": ("tmdbid",),
            "movielens": ("movieid",),
        },
        needs=needs("title", "year", "rating", "watcheddate", "imdbid", "tmdbid", "movieid"),
        scale=FIVE,
    ),
    Layout("recsite-account", "recsite account", scale=FIVE, documents=_documents),
)
