"""Views that save ratings and marks: they return a fragment to htmx, and redirect back without it."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, NamedTuple

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from movies import selectors, services
from movies.forms import RatingForm
from movies.models import Movie, User
from movies.requests import member
from movies.selectors import Marks
from movies.templatetags.movie_tags import in_words

View = Callable[Concatenate[HttpRequest, ...], HttpResponse]


class Mark(NamedTuple):
    """A list of the member's: how a movie gets in and out, and what is announced then, with its title."""

    is_in: Callable[[Marks], bool]
    add: Callable[..., None]
    remove: Callable[..., bool]
    added: str
    removed: str


WATCHLIST = Mark(
    lambda marks: marks.on_watchlist,
    services.watch,
    services.unwatch,
    "{} was added to your watchlist.",
    "{} was removed from your watchlist.",
)
NOT_INTERESTED = Mark(
    lambda marks: marks.is_hidden,
    services.hide,
    services.unhide,
    "We won't recommend {} again.",
    "We may recommend {} again.",
)
SEEN = Mark(
    lambda marks: marks.is_seen,
    services.see,
    services.unsee,
    "You've seen {}. We won't recommend it.",
    "{} is no longer marked as seen.",
)


def for_members(view: View) -> View:
    """Require login, and return afterwards to the page that the form was on."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        login_url = redirect_to_login(_return_url(request)).url
        return HttpResponseClientRedirect(login_url) if request.headers.get("HX-Request") else redirect(login_url)

    return guarded


def _return_url(request: HttpRequest) -> str:
    """Return the page that the form was on if it belongs to this site, else the home page."""
    url = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if safe else reverse("home")


def _respond(
    request: HttpRequest, template: str, context: dict[str, object], announcement: str, event: str
) -> HttpResponse:
    """Return the updated fragment and trigger an event; without htmx, redirect back with a message."""
    if not request.headers.get("HX-Request"):
        messages.success(request, announcement)
        return redirect(_return_url(request))
    response = render(request, template, {**context, "announcement": announcement, "next": _return_url(request)})
    return trigger_client_event(response, event)


def _member_movie_marks(request: HttpRequest, pk: int) -> tuple[User, Movie, Marks]:
    movie = get_object_or_404(selectors.movies(), pk=pk)
    user = member(request)
    return user, movie, selectors.marks(user, [movie])[pk]


@require_POST
@for_members
def rate(request: HttpRequest, pk: int) -> HttpResponse:
    """Save a rating, or delete it if `half_stars` is empty."""
    form = RatingForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("half_stars must be a whole number from 1 to 10, or empty to delete the rating.")
    user, movie, before = _member_movie_marks(request, pk)
    half_stars = form.cleaned_data["half_stars"]
    if half_stars:
        services.rate(user=user, movie=movie, half_stars=half_stars)
        announcement = f"You rated {movie.title} {in_words(half_stars)}."
    else:
        services.unrate(user=user, movie=movie)
        announcement = f"Your rating of {movie.title} was removed."
    context = {"movie": movie, "half_stars": half_stars, "before": before.half_stars, "changed": True}
    return _respond(request, "movies/_rating.html", context, announcement, "rated")


def _toggle(request: HttpRequest, pk: int, mark: Mark) -> HttpResponse:
    """Put a movie into one of the member's lists, or take it out if it is there."""
    user, movie, before = _member_movie_marks(request, pk)
    is_marked = mark.is_in(before)
    (mark.remove if is_marked else mark.add)(user=user, movie=movie)
    announcement = (mark.removed if is_marked else mark.added).format(movie.title)
    marks = selectors.marks(user, [movie])[pk]
    return _respond(request, "movies/_keep.html", {"movie": movie, "marks": marks}, announcement, "kept")


@require_POST
@for_members
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a movie to the watchlist, or remove it."""
    return _toggle(request, pk, WATCHLIST)


@require_POST
@for_members
def hide(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a movie as not interested, or undo that."""
    return _toggle(request, pk, NOT_INTERESTED)


@require_POST
@for_members
def see(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a movie as seen, or undo that."""
    return _toggle(request, pk, SEEN)
