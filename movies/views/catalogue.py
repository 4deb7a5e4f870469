"""Public pages of the catalogue: browsing, movies, covers and credits."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from movies import posters, selectors
from movies.cards import cards
from movies.forms import BrowseForm
from movies.posters import fetch
from movies.selectors import Marks, genome, tags

PER_PAGE = 36
SUGGESTIONS = 7
COVER_AGE = 7 * 24 * 3600


@require_safe
def browse(request: HttpRequest) -> HttpResponse:
    form = BrowseForm(request.GET, request.user)
    filters = form.filters()
    movies, answers = selectors.find(filters)
    page = Paginator(movies, PER_PAGE).get_page(request.GET.get("page"))  # type: ignore[arg-type]  # only sliced
    context = {
        "form": form,
        "page": page,
        "answers": answers,
        "cards": cards(request.user, list(page.object_list)),
        "query": urlencode(form.query()),
        "tag_names": tags.tag_names(),
    }
    return render(request, "movies/browse.html", context)


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Suggest the movies and tags that the text typed so far may mean, as options of a list box."""
    text = BrowseForm(request.GET, request.user).filters().text.strip()
    answers = selectors.answers(text, SUGGESTIONS, exclude=selectors.hidden_ids(request.user))
    return render(request, "movies/_suggestions.html", {"answers": answers, "text": text})


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    movie = get_object_or_404(selectors.movies(), pk=pk)
    marks = selectors.marks(request.user, [movie])[pk] if request.user.is_authenticated else Marks()
    context = {
        "movie": movie,
        "marks": marks,
        "tags": tags.top_tags(movie),
        "traits": genome.strongest_tags(movie.pk),
        "histogram": selectors.rating_histogram(movie),
    }
    return render(request, "movies/detail.html", context)


@require_safe
def cover(request: HttpRequest, pk: int) -> HttpResponse:
    """Serve a movie's drawn cover."""
    movie = get_object_or_404(selectors.movies(), pk=pk)
    svg = posters.draw(movie.title, movie.year, [genre.name for genre in movie.genre_list])
    response = HttpResponse(svg, content_type="image/svg+xml")
    patch_cache_control(response, public=True, max_age=COVER_AGE)
    return response


@require_safe
def poster(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Serve a movie's fetched poster; without one, redirect to the drawn cover."""
    movie = get_object_or_404(selectors.movies(), pk=pk)
    file = fetch.open_poster(movie)
    if file is None:
        return redirect("movies:cover", pk)
    response = FileResponse(file, content_type="image/jpeg")
    patch_cache_control(response, public=True, max_age=COVER_AGE)
    return response


@require_safe
def credits_page(request: HttpRequest) -> HttpResponse:
    return render(request, "movies/credits.html", {"has_posters": fetch.enabled()})
