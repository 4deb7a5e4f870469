"""Experiments in the admin: arms are set before one begins, and its figures read after."""

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
        """What has begun is only looked at: changed arms would be another experiment."""
        begun = obj is not None and obj.started_at is not None
        return not begun and super().has_change_permission(request, obj)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        experiment = kwargs.get("obj")
        context["may_operate"] = request.user.has_perm(CHANGE)
        if experiment and experiment.started_at:
            found = statistics.of_experiment(experiment)
            context |= {"figures": found, "verdict": statistics.verdict(found), "chart": _chart(found)}
        return super().render_change_form(request, context, *args, **kwargs)


def _chart(found: list[statistics.ArmFigures]) -> BarChart | None:
    amounts = [
        Amount(
            part.arm.name,
            part.click_rate.value,
            f"{part.click_rate.value:.2%}",
            part.click_rate.low,
            part.click_rate.high,
        )
        for part in found
    ]
    return bar_chart("Clicks per impression, with intervals of 95 %", amounts)


@require_POST
def _start(request: HttpRequest, pk: int) -> HttpResponse:
    return _switch(request, pk, assignment.start, "Started it.")


@require_POST
def _end(request: HttpRequest, pk: int) -> HttpResponse:
    return _switch(request, pk, assignment.end, "Ended it.")


def _switch(request: HttpRequest, pk: int, switch: Any, what: str) -> HttpResponse:
    experiment = get_object_or_404(Experiment, pk=pk)
    if not request.user.has_perm(CHANGE):
        messages.error(request, "You may not do this.")
        return redirect("admin:index")
    try:
        switch(experiment)
    except assignment.ExperimentError as error:
        messages.error(request, str(error))
    else:
        log_admin_action(request, experiment, what)
        messages.success(request, what)
    return redirect("admin:recommendations_experiment_change", pk)
