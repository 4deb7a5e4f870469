"""Recommendation pages: home, first ratings, the steered list, and fragments of movie pages."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from movies import selectors
from movies.cards import rails
from movies.models import User
from movies.requests import member
from movies.selectors import tags
from recommendations.forms import SteeringForm
from recommendations.models import Place
from recommendations.serving.query import UserQuery, user_query
from recommendations.views import home_rows, movie_page

PAGE = 24
LONGEST_LIST = 240
FIRST_MOVIES = 18
NEXT_MOVIES = 3


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show a member's recommendations, or what the site offers to visitors."""
    if not request.user.is_authenticated:
        context = {"rails": rails(request.user, home_rows.for_visitors()), "wall": selectors.popular(12)}
        return render(request, "recommendations/welcome.html", context)
    user = member(request)
    query = user_query(user)
    source, rows = home_rows.for_member(user, query)
    all_rails = rails(user, rows)
    exclude = [card.movie.pk for rail in all_rails[:1] for card in rail.cards]
    context = {
        "source": source,
        "first_rails": all_rails[:1],
        "more_rails": all_rails[1:],
        "progress": home_rows.progress(query),
        "movies": home_rows.to_rate(query, NEXT_MOVIES, exclude),
    }
    return render(request, "recommendations/home.html", context)


@require_safe
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Let a new member rate first movies and see their picks change."""
    user = member(request)
    query = user_query(user)
    context = {"movies": home_rows.to_rate(query, FIRST_MOVIES), **_first_picks(user, query)}
    return render(request, "recommendations/start.html", context)


@require_safe
@login_required
def first_picks(request: HttpRequest) -> HttpResponse:
    """Render a new member's progress and picks so far, as a fragment."""
    user = member(request)
    return render(request, "recommendations/_first_picks.html", _first_picks(user, user_query(user)))


def _first_picks(user: User, query: UserQuery) -> dict[str, object]:
    progress = home_rows.progress(query)
    picks = home_rows.picks(user, query, n=home_rows.RAIL, place=Place.START) if progress.done else None
    return {"progress": progress, "picks": picks}


@require_safe
@login_required
def recommendations(request: HttpRequest) -> HttpResponse:
    """Show a member's list, filtered and steered by the query string."""
    form = SteeringForm(request.GET)
    n = min(LONGEST_LIST, max(PAGE, home_rows.whole_number(request.GET.get("n"), PAGE)))
    user = member(request)
    query = user_query(user)
    picks = home_rows.picks(user, query, n=n, filters=form.filters(), steering=form.steering())
    more = urlencode([*form.query(), ("n", n + PAGE)]) if len(picks.cards) == n < LONGEST_LIST else ""
    context = {"form": form, "picks": picks, "more": more, "progress": home_rows.progress(query)}
    context["tag_names"] = tags.tag_names()
    return render(request, "recommendations/list.html", context)


@require_safe
def similar(request: HttpRequest, pk: int) -> HttpResponse:
    """Render the rail of similar movies as a fragment."""
    movie = get_object_or_404(selectors.movies(), pk=pk)
    context = movie_page.similar(request.user, movie, request.GET.getlist("more"), request.GET.getlist("less"))
    return render(request, "recommendations/_similar.html", context)


@require_safe
def verdict(request: HttpRequest, pk: int) -> HttpResponse:
    """Render the user's predicted stars of a movie as a fragment."""
    movie = get_object_or_404(selectors.movies(), pk=pk)
    return render(request, "recommendations/_verdict.html", movie_page.verdict(request.user, movie))
