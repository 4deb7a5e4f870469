"""Pages of what a member rated and keeps."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from movies import selectors
from movies.cards import cards
from movies.forms import RatingsForm
from movies.people import member

PER_PAGE = 50


@require_safe
@login_required
def ratings(request: HttpRequest) -> HttpResponse:
    form = RatingsForm(request.GET)
    found = selectors.ratings_of(member(request), form.order())
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "movies/ratings.html", {"form": form, "page": page, "sort": form.order()})


@require_safe
@login_required
def watchlist(request: HttpRequest) -> HttpResponse:
    user = member(request)
    kept = cards(user, list(selectors.watchlist_of(user)))
    context = {
        "to_see": [card for card in kept if card.marks.half_stars is None],
        "seen": [card for card in kept if card.marks.half_stars is not None],
        "hidden": cards(user, list(selectors.hidden_movies_of(user))),
    }
    return render(request, "movies/watchlist.html", context)
