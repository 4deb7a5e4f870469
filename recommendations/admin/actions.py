"""Admin views that operate runs and versions: permission-checked, confirmed if visitors notice, and logged."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from movies.models import User
from movies.requests import member
from recommendations.admin.dashboard import Dashboard
from recommendations.models import ModelVersion, TrainingRun
from recommendations.selectors import latest_runs
from recommendations.serving.recommend import recommend
from recommendations.training import dispatch, runs
from recommendations.versions import registry
from recommendations.versions.artifacts import ArtifactError

OPERATE = "recommendations.operate_models"
SEE = "recommendations.view_recommendations_of_others"
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
RUNS = 8
LIST = 20


def permission_required(permission: str) -> Callable[[View[P]], View[P]]:
    """Decorate an admin view to raise PermissionDenied for users without the permission."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not member(request).has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def log_admin_action(request: HttpRequest, row: Model, message: str) -> None:
    """Add who did what to the row's history in the admin."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    LogEntry.objects.log_actions(member(request).pk, rows, CHANGE, change_message=message, single_object=True)


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, f"admin/recommendations/{template}", {**admin.site.each_context(request), **context})


class RetrainForm(forms.Form):
    trainer = forms.ChoiceField(
        choices=lambda: [(trainer.value, trainer.label) for trainer in dispatch.trainers()], required=False
    )


@require_POST
@permission_required(OPERATE)
def retrain(request: HttpRequest) -> HttpResponse:
    form = RetrainForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["trainer"][0]))
        return redirect("admin:index")
    parameters = {name: value for name, value in form.cleaned_data.items() if value}
    try:
        run = dispatch.request_retraining(requested_by=member(request), parameters=parameters)
    except dispatch.BrokerUnavailableError as error:
        messages.error(request, str(error))
        return redirect("admin:index")
    log_admin_action(request, run, "Requested a retraining.")
    messages.success(request, f"Run {run.pk} is waiting for a worker. Its progress is shown below.")
    return redirect("admin:index")


@require_POST
@permission_required(OPERATE)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(TrainingRun, pk=pk)
    runs.cancel(run)
    log_admin_action(request, run, "Cancelled the run.")
    messages.success(request, f"Cancelling run {run.pk}. This may take a few seconds.")
    return redirect("admin:index")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(OPERATE)
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(ModelVersion, pk=pk)
    if request.method != "POST":
        failed = [check for check in version.gate if not check["passed"]]
        return _page(request, "activate.html", title=f"Activate {version}?", version=version, failed=failed)
    return _switch(request, lambda user: registry.activate(version, by=user), "Activated the version.")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(OPERATE)
def roll_back(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        version = registry.predecessor()
        title = f"Roll back to {version}?" if version else "There is nothing to roll back to"
        return _page(request, "activate.html", title=title, version=version, back=True)
    return _switch(request, lambda user: registry.roll_back(by=user), "Rolled back to the version.")


def _switch(request: HttpRequest, switch: Callable[[User], Any], message: str) -> HttpResponse:
    try:
        activation = switch(member(request))
    except (registry.VersionError, ArtifactError) as error:
        messages.error(request, str(error))
        return redirect("admin:index")
    log_admin_action(request, activation.version, message)
    messages.success(request, f"{activation.version} is active; every process follows within seconds.")
    return redirect("admin:index")


@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """Render the latest runs as a fragment that reloads itself while a run is queued or running."""
    if not member(request).has_perm("recommendations.view_trainingrun"):
        raise PermissionDenied
    return render(request, "admin/recommendations/_runs.html", runs_context(request))


def runs_context(request: HttpRequest) -> dict[str, Any]:
    latest = latest_runs(RUNS)
    live = [run for run in latest if run.finished_at is None]
    return {"runs": latest, "live": live, "may_operate": member(request).has_perm(OPERATE), "now": timezone.now()}


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Render whether broker and workers answer, as a fragment because the check takes a second."""
    return render(request, "admin/recommendations/_health.html", {"health": dispatch.health()})


@require_safe
@permission_required(SEE)
def see(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a user's recommendations with explanations; the view is logged in the user's history."""
    user = get_object_or_404(User, pk=pk)
    log_admin_action(request, user, "Viewed the user's recommendations.")
    recommended = recommend(user, n=LIST, reasons=3, explained=True)
    return _page(request, "see.html", title=f"Recommendations for {user}", recommended=recommended)


def dashboard_context(request: HttpRequest, dashboard: Dashboard) -> dict[str, Any]:
    return {"dashboard": dashboard, "trainers": dispatch.trainers(), **runs_context(request)}
