"""Slots in the catalogue's pages that other apps fill with HTML fragments.

The catalogue does not know the recommender. An app registers a render function for a slot when it starts; the template
tag `fragment` renders all functions registered for the slot.
"""

from collections.abc import Callable
from enum import StrEnum

from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from movies.models import Movie

Render = Callable[[HttpRequest, Movie | None], SafeString]
"""Renders a slot for a request, and for the movie if the page shows one."""


class Slot(StrEnum):
    """A named position in a page."""

    MEMBER_ON_MOVIE = "member-on-movie"
    BELOW_MOVIE = "below-movie"
    WITHOUT_RATINGS = "without-ratings"
    WITHOUT_WATCHLIST = "without-watchlist"


_registered: dict[Slot, list[Render]] = {slot: [] for slot in Slot}


def register(slot: Slot, render: Render) -> None:
    """Add a render function to a slot; several are rendered in the order of their registration."""
    _registered[slot].append(render)


def render(slot: Slot, request: HttpRequest, movie: Movie | None = None) -> SafeString:
    """Return the HTML of all functions registered for a slot."""
    return format_html_join("", "{}", ((function(request, movie),) for function in _registered[slot]))
