"""Admin of experiments: edit arms before the start, see results afterwards."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from recommendations.admin.actions import log_admin_action
from recommendations.admin.charts import Amount, BarChart, bar_chart
from recommendations.feedback import assignment, statistics
from recommendations.models import Arm, Experiment

CHANGE = "recommendations.change_experiment"


class ArmInline(admin.TabularInline):
    model = Arm
    extra = 0
    min_num = 2
    autocomplete_fields = ("version",)
    fields = ("name", "weight", "version", "settings")


@admin.register(Experiment)
class ExperimentAdmin(admin.ModelAdmin):
    list_display = ("name", "question", "started_at", "ended_at")
    search_fields = ("name",)
    inlines = (ArmInline,)
    fields = ("name", "question")
    change_form_template = "admin/recommendations/experiment.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/start/", view(_start), name="recommendations_start"),
            path("<int:pk>/end/", view(_end), name="recommendations_end"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """Make a started experiment read-only, because changed arms would be another experiment."""
        started = obj is not None and obj.started_at is not None
        return not started and super().has_change_permission(request, obj)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        experiment = kwargs.get("obj")
        context["may_operate"] = request.user.has_perm(CHANGE)
        if experiment and experiment.started_at:
            figures = statistics.of_experiment(experiment)
            context |= {"figures": figures, "verdict": statistics.verdict(figures), "chart": _chart(figures)}
        return super().render_change_form(request, context, *args, **kwargs)


def _chart(figures: list[statistics.ArmFigures]) -> BarChart | None:
    amounts = [
        Amount(
            arm.arm.name, arm.click_rate.value, f"{arm.click_rate.value:.2%}", arm.click_rate.low, arm.click_rate.high
        )
        for arm in figures
    ]
    return bar_chart("Clicks per impression, with 95 % intervals", amounts)


@require_POST
def _start(request: HttpRequest, pk: int) -> HttpResponse:
    return _switch(request, pk, assignment.start, "Started the experiment.")


@require_POST
def _end(request: HttpRequest, pk: int) -> HttpResponse:
    return _switch(request, pk, assignment.end, "Ended the experiment.")


def _switch(request: HttpRequest, pk: int, switch: Any, message: str) -> HttpResponse:
    experiment = get_object_or_404(Experiment, pk=pk)
    if not request.user.has_perm(CHANGE):
        messages.error(request, "You do not have permission to do this.")
        return redirect("admin:index")
    try:
        switch(experiment)
    except assignment.ExperimentError as error:
        messages.error(request, str(error))
    else:
        log_admin_action(request, experiment, message)
        messages.success(request, message)
    return redirect("admin:recommendations_experiment_change", pk)
