"""Places in the catalogue's pages that other apps fill.

The catalogue does not know the recommender. An app registers a function for a slot when it starts; the template tag
`fragment` renders what is registered there.
"""

from collections.abc import Callable
from enum import StrEnum

from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from movies.models import Movie

Render = Callable[[HttpRequest, Movie | None], SafeString]
"""Makes the HTML of a slot for a request, and for a movie where the page is a movie's."""


class Slot(StrEnum):
    """Where a page has room for something."""

    MEMBER_ON_MOVIE = "member-on-movie"
    BELOW_MOVIE = "below-movie"
    WITHOUT_RATINGS = "without-ratings"
    WITHOUT_WATCHLIST = "without-watchlist"


_registered: dict[Slot, list[Render]] = {slot: [] for slot in Slot}


def register(slot: Slot, render: Render) -> None:
    """Fill a slot; several functions stand one after the other."""
    _registered[slot].append(render)


def render(slot: Slot, request: HttpRequest, movie: Movie | None = None) -> SafeString:
    """The HTML of everything that is registered for a slot."""
    return format_html_join("", "{}", ((each(request, movie),) for each in _registered[slot]))
