"""Views that save ratings and marks: they return a fragment to htmx, and redirect back without it."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

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


@require_POST
@for_members
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a movie to the watchlist, or remove it."""
    user, movie, before = _member_movie_marks(request, pk)
    if before.on_watchlist:
        services.unwatch(user=user, movie=movie)
        announcement = f"{movie.title} was removed from your watchlist."
    else:
        services.watch(user=user, movie=movie)
        announcement = f"{movie.title} was added to your watchlist."
    marks = selectors.marks(user, [movie])[pk]
    return _respond(request, "movies/_keep.html", {"movie": movie, "marks": marks}, announcement, "kept")


@require_POST
@for_members
def hide(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a movie as not interested, or undo that."""
    user, movie, before = _member_movie_marks(request, pk)
    if before.is_hidden:
        services.unhide(user=user, movie=movie)
        announcement = f"We may recommend {movie.title} again."
    else:
        services.hide(user=user, movie=movie)
        announcement = f"We won't recommend {movie.title} again."
    marks = selectors.marks(user, [movie])[pk]
    return _respond(request, "movies/_keep.html", {"movie": movie, "marks": marks}, announcement, "kept")


@require_POST
@for_members
def see(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a movie as seen, or undo that."""
    user, movie, before = _member_movie_marks(request, pk)
    if before.is_seen:
        services.unsee(user=user, movie=movie)
        announcement = f"{movie.title} is no longer marked as seen."
    else:
        services.see(user=user, movie=movie)
        announcement = f"You've seen {movie.title}. We won't recommend it."
    marks = selectors.marks(user, [movie])[pk]
    return _respond(request, "movies/_keep.html", {"movie": movie, "marks": marks}, announcement, "kept")
