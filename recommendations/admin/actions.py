"""What managers do to runs and versions by a button: allowed, confirmed where visitors notice, and written down."""

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
    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not member(request).has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def log_admin_action(request: HttpRequest, thing: Model, what: str) -> None:
    """Keep who did what to which row, where the admin shows a row's history."""
    rows = type(thing)._default_manager.filter(pk=thing.pk)
    LogEntry.objects.log_actions(member(request).pk, rows, CHANGE, change_message=what, single_object=True)


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
    asked = {name: value for name, value in form.cleaned_data.items() if value}
    try:
        run = dispatch.request_retraining(requested_by=member(request), parameters=asked)
    except dispatch.BrokerUnavailableError as error:
        messages.error(request, str(error))
        return redirect("admin:index")
    log_admin_action(request, run, "Asked for a retraining.")
    messages.success(request, f"Run {run.pk} waits for a worker; its progress is shown below.")
    return redirect("admin:index")


@require_POST
@permission_required(OPERATE)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(TrainingRun, pk=pk)
    runs.cancel(run)
    log_admin_action(request, run, "Asked it to stop.")
    messages.success(request, f"Run {run.pk} is asked to stop, which may take some seconds.")
    return redirect("admin:index")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(OPERATE)
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(ModelVersion, pk=pk)
    if request.method != "POST":
        failed = [test for test in version.gate if not test["passed"]]
        return _page(request, "activate.html", title=f"Let {version} serve?", version=version, failed=failed)
    return _switch(request, lambda user: registry.activate(version, by=user), "Let it serve.")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(OPERATE)
def roll_back(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        version = registry.predecessor()
        title = f"Roll back to {version}?" if version else "There is nothing to roll back to"
        return _page(request, "activate.html", title=title, version=version, back=True)
    return _switch(request, lambda user: registry.roll_back(by=user), "Rolled back to it.")


def _switch(request: HttpRequest, switch: Callable[[User], Any], what: str) -> HttpResponse:
    try:
        activation = switch(member(request))
    except (registry.VersionError, ArtifactError) as error:
        messages.error(request, str(error))
        return redirect("admin:index")
    log_admin_action(request, activation.version, what)
    messages.success(request, f"{activation.version} serves; every process follows within seconds.")
    return redirect("admin:index")


@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """The latest runs as a fragment, which asks for itself again while one waits or is going."""
    if not member(request).has_perm("recommendations.view_trainingrun"):
        raise PermissionDenied
    return render(request, "admin/recommendations/_runs.html", runs_context(request))


def runs_context(request: HttpRequest) -> dict[str, Any]:
    found = latest_runs(RUNS)
    live = [run for run in found if run.finished_at is None]
    return {"runs": found, "live": live, "may_operate": member(request).has_perm(OPERATE), "now": timezone.now()}


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Whether broker and workers answer, as a fragment: asking takes a second."""
    return render(request, "admin/recommendations/_health.html", {"health": dispatch.health()})


@require_safe
@permission_required(SEE)
def see(request: HttpRequest, pk: int) -> HttpResponse:
    """What somebody would see, and why; that one has looked is written down."""
    user = get_object_or_404(User, pk=pk)
    log_admin_action(request, user, "Looked at what they are recommended.")
    found = recommend(user, n=LIST, reasons=3, explained=True)
    return _page(request, "see.html", title=f"What {user} would see", found=found)


def dashboard_context(request: HttpRequest, found: Dashboard) -> dict[str, Any]:
    return {"dashboard": found, "trainers": dispatch.trainers(), **runs_context(request)}
