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
    watchlist_cards = cards(user, list(selectors.watchlist_of(user)))
    context = {
        "to_see": [card for card in watchlist_cards if card.marks.half_stars is None],
        "rated": [card for card in watchlist_cards if card.marks.half_stars is not None],
        "seen": Paginator(selectors.seen_without_rating(user), PER_PAGE).get_page(request.GET.get("page")),
        "hidden": cards(user, list(selectors.hidden_movies_of(user))),
    }
    return render(request, "movies/watchlist.html", context)
