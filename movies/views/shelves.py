"""Pages of a member's ratings, watchlist, and seen and hidden movies."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from movies import selectors
from movies.cards import cards
from movies.forms import RatingsForm
from movies.requests import member
from movies.selectors.ratings import find_ratings

PER_PAGE = 24
MOST_SEEN = 24
MOST_HIDDEN = 100


@require_safe
@login_required
def ratings(request: HttpRequest) -> HttpResponse:
    form = RatingsForm(request.GET)
    user = member(request)
    page = Paginator(find_ratings(user, form.filters()), PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "query": form.query(), "rated": selectors.rating_count_of(user)}
    return render(request, "movies/ratings.html", context)


@require_safe
@login_required
def watchlist(request: HttpRequest) -> HttpResponse:
    user = member(request)
    to_see, rated = selectors.watchlist_of(user, rated=False), selectors.watchlist_of(user, rated=True)
    seen, hidden = selectors.seen_without_rating(user), selectors.hidden_movies_of(user)
    page = Paginator(to_see, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "to_see": cards(user, list(page.object_list)),
        "rated": cards(user, list(rated[:MOST_SEEN])),
        "seen": list(seen[:MOST_SEEN]),
        "more_seen": max(0, seen.count() - MOST_SEEN),
        "hidden": cards(user, list(hidden[:MOST_HIDDEN])),
        "more_hidden": max(0, hidden.count() - MOST_HIDDEN),
    }
    return render(request, "movies/watchlist.html", context)
