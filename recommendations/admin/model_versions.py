"""Admin of runs, versions and activations: read-only, with buttons to operate them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path

from recommendations.admin import actions
from recommendations.models import Activation, ModelVersion, TrainingRun
from recsite.admin import ReadOnly


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnly):
    list_display = ("__str__", "requested_by", "created_at", "started_at", "finished_at", "phase", "progress")
    list_filter = ("status",)
    list_select_related = ("requested_by",)
    search_fields = ("=id", "requested_by__username", "error")
    change_form_template = "admin/recommendations/run.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("retrain/", view(actions.retrain), name="recommendations_retrain"),
            path("progress/", view(actions.progress), name="recommendations_progress"),
            path("health/", view(actions.health), name="recommendations_health"),
            path("<int:pk>/cancel/", view(actions.cancel), name="recommendations_cancel"),
            path("see/<int:pk>/", view(actions.see), name="recommendations_see"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["may_operate"] = request.user.has_perm(actions.OPERATE)
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly):
    list_display = ("name", "is_active", "ndcg", "users", "movies", "ratings", "dimension", "created_at")
    list_filter = ("is_active",)
    search_fields = ("name",)
    readonly_fields = ("served_ranker",)
    change_form_template = "admin/recommendations/version.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("roll-back/", view(actions.roll_back), name="recommendations_roll_back"),
            path("<int:pk>/activate/", view(actions.activate), name="recommendations_activate"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["may_operate"] = request.user.has_perm(actions.OPERATE)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Ranker of unfiltered lists")
    def served_ranker(self, version: ModelVersion) -> str:
        """Return the ranker with the measurements at publication: median CPU time of a top 10."""
        plan = version.metrics.get("index")
        if plan is None:
            return "–"
        times = ", ".join(f"{name} {plan[name]['p50']:,.0f} µs" for name in ("exact", "approximate", "partition"))
        forest = f"{plan['n_trees']} trees, search_k {plan['search_k']}, recall@10 {plan['recall_at_10']:.3f}"
        return f"{plan['serve']} ({times}; Annoy: {forest})"

    @admin.display(description="NDCG@10")
    def ndcg(self, version: ModelVersion) -> str:
        ndcg = version.metrics.get("model", {}).get("ndcg@10")
        return "–" if ndcg is None else f"{ndcg:.4f}"


@admin.register(Activation)
class ActivationAdmin(ReadOnly):
    list_display = ("version", "activated_at", "activated_by", "forced")
    list_select_related = ("version", "activated_by")
    search_fields = ("version__name",)
