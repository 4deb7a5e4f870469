"""Fragments that the recommender adds to the catalogue's pages."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from movies.fragments import Slot, register
from movies.models import Movie
from recommendations.views import movie_page


def register_all() -> None:
    """Fill the slots of the catalogue's pages."""
    register(Slot.MEMBER_ON_MOVIE, verdict)
    register(Slot.BELOW_MOVIE, similar_movies)
    register(Slot.WITHOUT_RATINGS, lambda request, _: _rendered("_start_link", request))
    register(Slot.WITHOUT_WATCHLIST, lambda request, _: _rendered("_list_link", request))


def verdict(request: HttpRequest, movie: Movie | None) -> SafeString:
    """Render the user's predicted stars, which update when they rate the movie."""
    return _rendered("_verdict_box", request, movie_page.verdict(request.user, movie)) if movie else SafeString()


def similar_movies(request: HttpRequest, movie: Movie | None) -> SafeString:
    """Render a rail of similar movies with its tuning controls."""
    if movie is None:
        return SafeString()
    more, less = request.GET.getlist("more"), request.GET.getlist("less")
    return _rendered("_similar", request, movie_page.similar(request.user, movie, more, less))


def _rendered(name: str, request: HttpRequest, context: dict[str, object] | None = None) -> SafeString:
    return render_to_string(f"recommendations/{name}.html", context, request)
