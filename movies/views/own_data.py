"""Views of a member's own data: statistics, import, export, settings and account deletion."""

from datetime import UTC, datetime

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from movies import accounts, selectors, services, watch_groups
from movies.forms import LeaveForm, UploadForm
from movies.requests import member
from movies.selectors.taste import taste_of
from movies.transfer import matching, ratings_csv
from recsite.accounts.second_factor import has_factor
from recsite.operations.unreadable import takes_large_forms

PREVIEW_SALT = "ratings import"
PREVIEW_AGE = 3600


@require_safe
@login_required
def statistics(request: HttpRequest) -> HttpResponse:
    return render(request, "movies/statistics.html", {"taste": taste_of(member(request))})


@require_GET
@login_required
def export_ratings(request: HttpRequest) -> HttpResponseBase:
    ratings = selectors.ratings_of(member(request)).prefetch_related(None)
    lines = ratings_csv.write(ratings.iterator(chunk_size=500))
    attachment = {"Content-Disposition": 'attachment; filename="ratings.csv"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=attachment)


@takes_large_forms
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_ratings(request: HttpRequest) -> HttpResponse:
    """Parse an uploaded file, and preview the import before anything is saved."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if not form.is_valid():
        return render(request, "movies/import.html", {"form": form})
    sheet = form.cleaned_data["file"]
    matches = matching.match(sheet.lines)
    rated = {movie for movie, _ in selectors.half_stars_of(member(request))}
    new = [(line, movie) for line, movie in matches.matched if movie.pk not in rated]
    rows = [(movie.pk, line.half_stars, line.rated_at and int(line.rated_at.timestamp())) for line, movie in new]
    context = {
        "new": new,
        "kept": len(matches.matched) - len(new),
        "unmatched": matches.unmatched,
        "rejected": sheet.rejected,
        "token": signing.dumps([request.user.pk, rows], salt=PREVIEW_SALT, compress=True),
    }
    return render(request, "movies/import_preview.html", context)


@takes_large_forms
@require_POST
@login_required
def save_import(request: HttpRequest) -> HttpResponse:
    """Save a previewed import."""
    user = member(request)
    try:
        owner, rows = signing.loads(request.POST.get("token", ""), salt=PREVIEW_SALT, max_age=PREVIEW_AGE)
    except signing.BadSignature:
        owner, rows = None, []
    if owner != user.pk:
        messages.error(request, "This preview has expired. Choose the file again.")
        return redirect("movies:import")
    ratings = [(pk, half_stars, time and datetime.fromtimestamp(time, UTC)) for pk, half_stars, time in rows]
    added = services.add_ratings(user=user, ratings=ratings)
    noun = "rating" if added == 1 else "ratings"
    messages.success(request, f"{added:,} {noun} imported. Recommendations updated.")
    return redirect("movies:ratings")


@require_safe
@login_required
def account(request: HttpRequest) -> HttpResponse:
    return render(request, "account/overview.html", {"has_factor": has_factor(member(request))})


@require_POST
@login_required
def predictions(request: HttpRequest) -> HttpResponse:
    """Show predicted stars for every movie, or only after the member has rated it."""
    user = member(request)
    services.show_predictions(user=user, shown=request.POST.get("shown") == "yes")
    when = "for every movie" if user.shows_predictions else "after you rate a movie"
    messages.success(request, f"Predicted ratings are now shown {when}.")
    return redirect("movies:account")


@require_GET
@login_required
def export_account(request: HttpRequest) -> HttpResponse:
    """Download everything stored about a member, as JSON."""
    attachment = {"Content-Disposition": 'attachment; filename="recsite.json"'}
    return JsonResponse(accounts.personal_data(member(request)), headers=attachment)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def leave(request: HttpRequest) -> HttpResponse:
    """Delete an account and all its data."""
    user = member(request)
    form = LeaveForm(request.POST or None, user=user)
    if not form.is_valid():
        return render(request, "account/leave.html", {"form": form})
    accounts.notify_of_deletion(user)
    logout(request)
    watch_groups.leave_all_groups(user)
    user.delete()
    messages.success(request, "Your account and all its data have been deleted.")
    return redirect("home")
