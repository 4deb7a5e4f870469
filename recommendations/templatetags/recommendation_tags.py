"""What is recommended, inside pages of the catalogue."""

from typing import Any

from django import template
from django.contrib.auth.models import AnonymousUser

from movies.cards import Shelf, rails
from movies.models import Movie, User
from recommendations.services import similar_movies

register = template.Library()


@register.inclusion_tag("movies/_rails.html", name="similar_movies")
def similar_movies_rail(movie: Movie, user: User | AnonymousUser) -> dict[str, Any]:
    """A rail of the movies that the same people like."""
    return {"rails": rails(user, [Shelf("People who like it also like", similar_movies(movie, n=14))])}
