"""Pages of an import: upload, preview, corrections and saving."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from movies import selectors, services
from movies.forms import ReadAgainForm, UploadForm
from movies.models import Movie, User
from movies.requests import member
from movies.transfer import preview as previews
from movies.transfer import ratings_csv
from movies.transfer.cells import SCALES
from movies.transfer.entries import Kind, Options, UnreadableError
from movies.transfer.layouts import BY_KEY
from movies.transfer.preview import DROPPED, Line, Preview
from recsite.operations.unreadable import takes_large_forms

SHOWN, SHOWN_AMBIGUOUS = 100, 30
"""Lines of each list on the preview; all are on pages of their own, ambiguous ones follow when these are decided."""
PER_PAGE = 200
FOUND_BY_SEARCH = 12
LISTS = {
    "ready": "Ratings to import",
    "watchlist": "For your watchlist",
    "missed": "Films not found",
    "aside": "Series, episodes and games",
    "rejected": "Lines that could not be read",
}


@takes_large_forms
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_ratings(request: HttpRequest) -> HttpResponse:
    """Read an uploaded file, and preview the import before anything is saved."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if not form.is_valid():
        return render(request, "movies/import.html", {"form": form})
    name, data, sheet = form.cleaned_data["file"]
    return _page(request, previews.create(member(request), name, data, sheet))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Show a preview; POST reads the file again with another layout, other columns or another scale."""
    user = member(request)
    shown = previews.load(user, token)
    if shown is None:
        return _expired(request)
    if request.method != "POST":
        return _page(request, shown)
    try:
        again = previews.read_again(user, shown, ReadAgainForm(request.POST, preview=shown).options())
    except UnreadableError as error:
        messages.error(request, str(error))
        return redirect("movies:import-preview", token)
    return redirect("movies:import-preview", token) if again else _expired(request)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def line(request: HttpRequest, token: str, key: str) -> HttpResponse:
    """Search for the movie of a line; POST sets it, or leaves the line out."""
    user = member(request)
    shown = previews.load(user, token)
    if shown is None:
        return _expired(request)
    chosen = shown.line(key)
    if chosen is None:
        raise Http404
    if request.method == "POST":
        choice = request.POST.get("movie", "")
        if choice == "none" or (choice.isdecimal() and len(choice) < 10 and selectors.existing_ids([int(choice)])):
            shown.choices[key] = DROPPED if choice == "none" else int(choice)
            previews.save(user, shown)
            return redirect("movies:import-preview", token)
    text = request.GET.get("q", chosen.title)[:200].strip()
    first = [pk for pk in (shown.movie_of(chosen), *chosen.options) if pk]
    by_id = selectors.in_bulk(first)
    found = [*by_id.values(), *(m for m in selectors.answers(text, FOUND_BY_SEARCH).movies if m.pk not in by_id)]
    context = {"line": chosen, "token": token, "text": text, "found": found, "current": shown.movie_of(chosen)}
    return render(request, "movies/import_line.html", context)


@require_safe
@login_required
def lines(request: HttpRequest, token: str, which: str) -> HttpResponse:
    """Show the whole of one list of a preview."""
    user = member(request)
    shown = previews.load(user, token)
    if shown is None:
        return _expired(request)
    if which not in LISTS:
        raise Http404
    page = Paginator(_list(user, shown, which), PER_PAGE).get_page(request.GET.get("page"))
    context = {"token": token, "which": which, "title": LISTS[which], "page": page}
    if which in ("ready", "watchlist", "missed"):
        context["rows"] = _with_movies(shown, page.object_list)
    return render(request, "movies/import_lines.html", context)


@require_safe
@login_required
def missed_lines(request: HttpRequest, token: str) -> HttpResponseBase:
    """Download the lines that no movie was found for."""
    shown = previews.load(member(request), token)
    if shown is None:
        return _expired(request)
    attachment = {"Content-Disposition": 'attachment; filename="not-found.csv"'}
    rows = ratings_csv.write_missed(shown.missed())
    return StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8", headers=attachment)


@require_POST
@login_required
def save_import(request: HttpRequest) -> HttpResponse:
    """Save a previewed import, or only the answers about ambiguous lines."""
    user = member(request)
    shown = previews.load(user, request.POST.get("token", ""))
    if shown is None:
        return _expired(request)
    if not _answer(user, shown, request):
        return _expired(request)
    shown = previews.load(user, shown.token)
    if shown is None:
        return _expired(request)
    if "answers" in request.POST:
        return redirect("movies:import-preview", shown.token)
    if shown.scale_open and not shown.has_halves:
        messages.error(request, "Say whether these ratings are out of five or of ten.")
        return redirect("movies:import-preview", shown.token)
    rows = [(pk, line.half_stars or 0, line.rated_at) for pk, line in shown.ready(Kind.RATING).items()]
    added = services.add_ratings(user=user, ratings=[row for row in rows if row[1]])
    wanted = _wanted(user, shown) if request.POST.get("watchlist", "yes") == "yes" else []
    services.watch_all(user=user, movie_ids=wanted)
    messages.success(request, _said(added, len(wanted)))
    return redirect("home" if added else "movies:ratings")


def _answer(user: User, shown: Preview, request: HttpRequest) -> bool:
    """Keep the answers of a submitted preview; return False if the file is no longer there to be read again."""
    for ambiguous in shown.ambiguous():
        choice = request.POST.get(f"line-{ambiguous.key}", "")
        if choice == "none":
            shown.choices[ambiguous.key] = DROPPED
        elif choice in map(str, ambiguous.options):
            shown.choices[ambiguous.key] = int(choice)
    previews.save(user, shown)
    scale = request.POST.get("scale", "")
    if shown.scale_open and scale in map(str, SCALES):
        options = Options(**{**shown.options, "scale": int(scale)})
        return previews.read_again(user, shown, options) is not None
    return True


def _said(added: int, wanted: int) -> str:
    parts = [f"{added:,} {'rating' if added == 1 else 'ratings'} imported."]
    parts += [f"{wanted:,} {'film' if wanted == 1 else 'films'} added to your watchlist."] if wanted else []
    return " ".join((*parts, "Recommendations updated."))


def _expired(request: HttpRequest) -> HttpResponse:
    messages.error(request, "This preview has expired. Choose the file again.")
    return redirect("movies:import")


def _new(user: User, shown: Preview) -> dict[int, Line]:
    """Return the ratings of movies that the member has not rated yet."""
    rated = {movie for movie, _ in selectors.half_stars_of(user)}
    return {pk: line for pk, line in shown.ready(Kind.RATING).items() if pk not in rated}


def _wanted(user: User, shown: Preview) -> list[int]:
    """Return the movies for the watchlist that are not on it, and that neither the member nor the file has rated."""
    rated = {movie for movie, _ in selectors.half_stars_of(user)} | set(shown.ready(Kind.RATING))
    kept = {movie.pk for movie in selectors.watchlist_of(user)}
    return [pk for pk in shown.ready(Kind.WATCHLIST) if pk not in rated and pk not in kept]


def _list(user: User, shown: Preview, which: str) -> list[Any]:
    if which == "watchlist":
        wanted = set(_wanted(user, shown))
        return [line for pk, line in shown.ready(Kind.WATCHLIST).items() if pk in wanted]
    if which == "ready":
        return list(_new(user, shown).values())
    if which == "missed":
        return shown.missed()
    return shown.set_aside if which == "aside" else shown.rejected


def _with_movies(shown: Preview, some: Iterable[Line]) -> list[tuple[Line, Movie | None]]:
    pairs = [(line, shown.movie_of(line)) for line in some]
    by_id = selectors.in_bulk([pk for _, pk in pairs if pk])
    return [(line, by_id.get(pk) if pk else None) for line, pk in pairs]


def _with_options(some: list[Line]) -> Iterator[tuple[Line, list[Movie]]]:
    by_id = selectors.in_bulk(list({pk for line in some for pk in line.options}))
    for each in some:
        yield each, [by_id[pk] for pk in each.options if pk in by_id]


def _page(request: HttpRequest, shown: Preview) -> HttpResponse:
    user = member(request)
    ready, new, wanted = shown.ready(Kind.RATING), _new(user, shown), _wanted(user, shown)
    ambiguous, missed, dropped = shown.ambiguous(), shown.missed(), shown.dropped()
    context = {
        "preview": shown,
        "form": ReadAgainForm(preview=shown) if shown.layout and shown.header else None,
        "layouts": [(source, BY_KEY[key].name) for source, key in shown.layouts],
        "scale_name": SCALES.get(shown.scale or 0),
        "scales": [(points, name) for points, name in SCALES.items() if points <= 10],
        "new": len(new),
        "kept": len(ready) - len(new),
        "wanted": len(wanted),
        "ambiguous": list(_with_options(ambiguous[:SHOWN_AMBIGUOUS])),
        "ambiguous_count": len(ambiguous),
        "missed": missed[:SHOWN],
        "missed_count": len(missed),
        "dropped": dropped[:SHOWN],
        "dropped_count": len(dropped),
        "rows": _with_movies(shown, list(new.values())[:SHOWN]),
        "shown": SHOWN,
    }
    return render(request, "movies/import_preview.html", context)
