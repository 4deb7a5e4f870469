"""Views of a member's own data: statistics, export, settings and account deletion."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from movies import accounts, selectors, services, watch_groups
from movies.forms import LeaveForm
from movies.requests import member
from movies.selectors.taste import taste_of
from movies.transfer import ratings_csv
from recsite.accounts.second_factor import has_factor


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
