"""The exports that are recognised, one declaration each."""

from movies.transfer.layouts import imdb, letterboxd, other_sites, recsite, simkl, trakt
from movies.transfer.layouts.layout import FIELDS, Layout

OTHER = Layout(
    "other",
    "Another CSV",
    {
        "title": ("title", "name", "movie", "movietitle", "film", "filmtitle", "primarytitle", "titel", "titre"),
        "original": ("originaltitle", "originalname"),
        "year": ("year", "releaseyear", "movieyear", "releasedate", "released", "jahr", "année", "annee"),
        "rating": (
            *("rating", "yourrating", "myrating", "userrating", "stars", "score", "myscore", "vote", "rate"),
            *("bewertung", "note"),
        ),
        "at": ("daterated", "ratedat", "dateadded", "watcheddate", "watchedat", "date", "timestamp", "datum"),
        "type": ("titletype", "type", "mediatype", "kind"),
        "season": ("seasonnumber", "season", "episodenumber", "episode"),
        "imdb": ("imdbid", "imdb", "const", "tconst"),
        "tmdb": ("tmdbid", "tmdb"),
        "movielens": ("movielensid",),
        "user": ("userid",),
    },
    one_user=True,
)
"""Any other CSV: its usual columns are guessed, the member can name them."""

LAYOUTS = (
    *recsite.LAYOUTS,
    *simkl.LAYOUTS,
    *letterboxd.LAYOUTS,
    *imdb.LAYOUTS,
    *trakt.LAYOUTS,
    *other_sites.LAYOUTS,
    OTHER,
)
BY_KEY = {layout.key: layout for layout in LAYOUTS}

__all__ = ["BY_KEY", "FIELDS", "LAYOUTS", "OTHER", "Layout", "recognised"]


def recognised(header: list[str], name: str) -> Layout | None:
    """Return the first layout that recognises a header or, where headers are the same, the file's name."""
    return next((layout for layout in LAYOUTS if layout.recognises(header, name)), None)
