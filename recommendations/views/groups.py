"""Pages of groups that watch movies together."""

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
    """List a member's groups; POST starts a new one."""
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
    """Show a group's list to its members only."""
    watch_group = get_object_or_404(WatchGroup, pk=pk, members=member(request))
    form = SteeringForm(request.GET)
    shared = recommend_together(watch_groups.members_of(watch_group), n=LIST, filters=form.filters())
    path = watch_group.invitation and reverse("recommendations:join", args=[watch_group.invitation])
    invitation = path and request.build_absolute_uri(path)
    watchlisted = cards(request.user, selectors.on_watchlists(shared.members))
    context = {
        "group": watch_group,
        "form": form,
        "shared": shared,
        "invitation": invitation,
        "watchlisted": watchlisted,
    }
    return render(request, "recommendations/group.html", context)


@require_POST
@login_required
def invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Renew or revoke the invitation link of a member's group."""
    watch_group = get_object_or_404(WatchGroup, pk=pk, members=member(request))
    if request.POST.get("action") == "revoke":
        watch_groups.revoke_invitation(watch_group)
        messages.success(request, "The invitation link no longer works.")
    else:
        watch_groups.renew_invitation(watch_group)
        messages.success(request, "The group has a new invitation link. An earlier link no longer works.")
    return redirect("recommendations:group", watch_group.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def join(request: HttpRequest, invitation: str) -> HttpResponse:
    """Show an invitation to the group; POST joins it."""
    user = member(request)
    watch_group = get_object_or_404(WatchGroup, invitation=invitation)
    members = watch_groups.members_of(watch_group)
    if user in members:
        return redirect("recommendations:group", watch_group.pk)
    if request.method == "POST":
        try:
            watch_groups.join_group(user, watch_group)
        except watch_groups.GroupFullError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "You’re in! The list below already includes your taste.")
            return redirect("recommendations:group", watch_group.pk)
    return render(request, "recommendations/join.html", {"group": watch_group, "members": members})


@require_POST
@login_required
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    user = member(request)
    watch_groups.leave_group(user, get_object_or_404(WatchGroup, pk=pk, members=user))
    messages.success(request, "You left the group.")
    return redirect("recommendations:groups")
