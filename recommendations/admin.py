"""Runs and versions in the admin: to be looked at."""

from django.contrib import admin

from recommendations.models import Activation, ModelVersion, TrainingRun
from recsite.admin import ReadOnly


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnly):
    list_display = ("__str__", "requested_by", "created_at", "started_at", "finished_at", "phase", "progress")
    list_filter = ("status",)
    list_select_related = ("requested_by",)
    search_fields = ("=id", "requested_by__username", "error")


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly):
    list_display = ("name", "is_active", "ndcg", "users", "movies", "ratings", "dimension", "created_at")
    list_filter = ("is_active",)
    search_fields = ("name",)
    readonly_fields = ("lists_come_from",)

    @admin.display(description="Unfiltered lists come from")
    def lists_come_from(self, version: ModelVersion) -> str:
        """What publishing measured of the rankers: processor time of a top 10 at the median."""
        plan = version.metrics.get("index")
        if plan is None:
            return "–"
        took = ", ".join(f"{name} {plan[name]['p50']:,.0f} µs" for name in ("exact", "approximate", "partition"))
        forest = f"{plan['n_trees']} trees, search_k {plan['search_k']}, recall@10 {plan['recall_at_10']:.3f}"
        return f"{plan['serve']} ({took}; Annoy: {forest})"

    @admin.display(description="NDCG@10")
    def ndcg(self, version: ModelVersion) -> str:
        found = version.metrics.get("model", {}).get("ndcg@10")
        return "–" if found is None else f"{found:.4f}"


@admin.register(Activation)
class ActivationAdmin(ReadOnly):
    list_display = ("version", "activated_at", "activated_by", "forced")
    list_select_related = ("version", "activated_by")
    search_fields = ("version__name",)
