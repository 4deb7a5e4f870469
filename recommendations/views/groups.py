"""Pages of people who want to watch something together."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from movies import selectors, watch_groups
from movies.cards import cards
from movies.models import WatchGroup
from movies.requests import member
from recommendations.forms import SteeringForm
from recommendations.serving.groups import recommend_together

LIST = 18


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def groups(request: HttpRequest) -> HttpResponse:
    """The groups that a member is in; a post starts a new one."""
    user = member(request)
    if request.method == "POST":
        try:
            return redirect("recommendations:group", watch_groups.start_group(user).pk)
        except watch_groups.GroupFullError as error:
            messages.error(request, str(error))
    return render(request, "recommendations/groups.html", {"groups": watch_groups.groups_of(user)})


@require_safe
@login_required
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """A group's list; nobody else can see it."""
    found = get_object_or_404(WatchGroup, pk=pk, members=member(request))
    form = SteeringForm(request.GET)
    shared = recommend_together(watch_groups.members_of(found), n=LIST, filters=form.filters())
    invitation = request.build_absolute_uri(reverse("recommendations:join", args=[found.invitation]))
    wanted = cards(request.user, selectors.on_watchlists(shared.members))
    context = {"group": found, "form": form, "shared": shared, "invitation": invitation, "wanted": wanted}
    return render(request, "recommendations/group.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def join(request: HttpRequest, invitation: str) -> HttpResponse:
    """Ask somebody who has the link whether they want to join; a post lets them in."""
    user = member(request)
    found = get_object_or_404(WatchGroup, invitation=invitation)
    members = watch_groups.members_of(found)
    if user in members:
        return redirect("recommendations:group", found.pk)
    if request.method == "POST":
        try:
            watch_groups.join_group(user, found)
        except watch_groups.GroupFullError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "You are in. The list below knows your taste already.")
            return redirect("recommendations:group", found.pk)
    return render(request, "recommendations/join.html", {"group": found, "members": members})


@require_POST
@login_required
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    user = member(request)
    watch_groups.leave_group(user, get_object_or_404(WatchGroup, pk=pk, members=user))
    messages.success(request, "You have left the group.")
    return redirect("recommendations:groups")
