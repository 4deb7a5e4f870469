"""What visitors say about movies: each post answers with a fragment, or without htmx leads back."""

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
    """Ask who is not signed in to sign in, and come back to the page they are on."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        to_login = redirect_to_login(_way_back(request)).url
        return HttpResponseClientRedirect(to_login) if request.headers.get("HX-Request") else redirect(to_login)

    return guarded


def _way_back(request: HttpRequest) -> str:
    """The page that a post came from, if it is one of ours."""
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if safe else reverse("home")


def _answer(request: HttpRequest, template: str, context: dict[str, object], said: str, event: str) -> HttpResponse:
    """The fragment that shows the new state, or the page that the form was on with the news as a message."""
    if not request.headers.get("HX-Request"):
        messages.success(request, said)
        return redirect(_way_back(request))
    response = render(request, template, {**context, "announcement": said, "next": _way_back(request)})
    return trigger_client_event(response, event)


def _asked(request: HttpRequest, pk: int) -> tuple[User, Movie, Marks]:
    movie = get_object_or_404(selectors.movies(), pk=pk)
    user = member(request)
    return user, movie, selectors.marks(user, [movie])[pk]


@require_POST
@for_members
def rate(request: HttpRequest, pk: int) -> HttpResponse:
    """Save a rating, or take it back where `half_stars` is empty."""
    form = RatingForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("half_stars must be a whole number from 1 to 10, or empty to take a rating back.")
    user, movie, before = _asked(request, pk)
    half_stars = form.cleaned_data["half_stars"]
    if half_stars:
        services.rate(user=user, movie=movie, half_stars=half_stars)
        said = f"You rated {movie.title} {in_words(half_stars)}."
    else:
        services.unrate(user=user, movie=movie)
        said = f"You took your rating of {movie.title} back."
    context = {"movie": movie, "half_stars": half_stars, "before": before.half_stars, "changed": True}
    return _answer(request, "movies/_rating.html", context, said, "rated")


@require_POST
@for_members
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a movie on the watchlist, or take it off."""
    user, movie, before = _asked(request, pk)
    if before.on_watchlist:
        services.unwatch(user=user, movie=movie)
        said = f"{movie.title} is off your watchlist."
    else:
        services.watch(user=user, movie=movie)
        said = f"{movie.title} is on your watchlist."
    marks = selectors.marks(user, [movie])[pk]
    return _answer(request, "movies/_keep.html", {"movie": movie, "marks": marks}, said, "kept")


@require_POST
@for_members
def hide(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that a movie is of no interest, or undo that."""
    user, movie, before = _asked(request, pk)
    if before.is_hidden:
        services.unhide(user=user, movie=movie)
        said = f"{movie.title} may be recommended to you again."
    else:
        services.hide(user=user, movie=movie)
        said = f"{movie.title} will not be recommended to you."
    marks = selectors.marks(user, [movie])[pk]
    return _answer(request, "movies/_keep.html", {"movie": movie, "marks": marks}, said, "kept")
