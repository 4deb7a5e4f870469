"""What is recommended, inside pages of the catalogue."""

from typing import Any

from django import template
from django.template import RequestContext

from movies.models import Movie
from recommendations import movie_page

register = template.Library()


@register.inclusion_tag("recommendations/_similar.html", takes_context=True)
def similar_movies(context: RequestContext, movie: Movie) -> dict[str, Any]:
    """A rail of the movies that the same people like, with what tunes it."""
    request = context["request"]
    return movie_page.similar(request.user, movie, request.GET.getlist("more"), request.GET.getlist("less"))


@register.inclusion_tag("recommendations/_verdict.html", takes_context=True)
def verdict(context: RequestContext, movie: Movie) -> dict[str, Any]:
    """What the reader will probably think of a movie, and why it is recommended to them."""
    return movie_page.verdict(context["request"].user, movie)
