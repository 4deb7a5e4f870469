"""Template tags for stars, histograms, icons and fragments of other apps."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import template
from django.template import RequestContext
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from movies import fragments
from movies.models import Movie
from movies.selectors.taste import Group, Period

register = template.Library()


@register.filter
def stars(half_stars: int) -> str:
    """Return half stars as symbols: 7 is “★★★½”."""
    return "★" * (half_stars // 2) + "½" * (half_stars % 2)


@register.filter
def in_words(half_stars: int) -> str:
    """Return half stars as text: 7 is “3½ stars”."""
    whole, half = divmod(half_stars, 2)
    number = f"{whole or ''}{'½' if half else ''}"
    return f"{number} {'star' if half_stars <= 2 else 'stars'}"


@register.simple_tag(takes_context=True)
def fragment(context: RequestContext, slot: str, movie: Movie | None = None) -> SafeString:
    """Render what other apps registered for a slot of this page."""
    return fragments.render(fragments.Slot(slot), context["request"], movie)


@register.simple_tag
def icon(name: str) -> SafeString:
    return render_to_string(f"icons/{name}.svg")


@register.simple_tag
def half_star_steps() -> range:
    """Return all possible ratings, in half stars."""
    return range(1, 11)


class Bar(NamedTuple):
    half_stars: int
    ratings: int
    x: int
    y: float
    height: float


BAR_STEP, BAR_WIDTH, HISTOGRAM_HEIGHT = 24, 22, 96
FEWEST_COLUMNS = 12
"""Minimum width of the chart, so that a single month does not fill it."""


@register.inclusion_tag("movies/_histogram.html")
def histogram(counts: Sequence[int]) -> dict[str, Any]:
    """Draw ten counts, from half a star to five stars, as bars."""
    largest = max(counts) or 1
    heights = [max(2.0, count / largest * HISTOGRAM_HEIGHT) for count in counts]
    bars = [
        Bar(n + 1, count, n * BAR_STEP, HISTOGRAM_HEIGHT - height, height)
        for n, (count, height) in enumerate(zip(counts, heights, strict=True))
    ]
    return {"bars": bars, "total": sum(counts), "width": BAR_STEP * len(counts), "height": HISTOGRAM_HEIGHT}


class Row(NamedTuple):
    name: str
    ratings: int
    mean: float
    width: float


@register.inclusion_tag("movies/_bars.html")
def bars(groups: Sequence[Group], label: str) -> dict[str, Any]:
    """Render a table of groups whose counts are drawn as bars."""
    largest = max((group.count for group in groups), default=1)
    return {
        "label": label,
        "rows": [Row(group.name, group.count, group.mean, group.count / largest * 100) for group in groups],
    }


@register.inclusion_tag("movies/_times.html")
def times(periods: Sequence[Period]) -> dict[str, Any]:
    """Draw the number of ratings per period as bars, and their mean as a line."""
    largest = max(period.count for period in periods)
    heights = [max(2.0, period.count / largest * HISTOGRAM_HEIGHT) if period.count else 0.0 for period in periods]
    columns = [
        {"period": period, "x": n * BAR_STEP, "y": HISTOGRAM_HEIGHT - height, "height": height}
        for n, (period, height) in enumerate(zip(periods, heights, strict=True))
    ]
    line = [
        (n * BAR_STEP + BAR_WIDTH / 2, HISTOGRAM_HEIGHT * (1 - period.mean / 5))
        for n, period in enumerate(periods)
        if period.mean is not None
    ]
    if len(line) == 1:
        line *= 2  # A line of zero length is drawn as a dot.
    points = " ".join(f"{x:.0f},{y:.1f}" for x, y in line)
    width = BAR_STEP * max(len(columns), FEWEST_COLUMNS)
    return {"columns": columns, "points": points, "width": width, "height": HISTOGRAM_HEIGHT}
