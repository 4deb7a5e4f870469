"""Data of the admin dashboard: counts, active version, runs, charts, feedback and data quality."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.cache import cache
from django.db.models import Count

from movies.models import Movie, Rating, Tag, User
from movies.models.loads import Load
from recommendations.admin.charts import Amount, BarChart, LineChart, Series, bar_chart, line_chart
from recommendations.feedback import statistics
from recommendations.models import Experiment, ModelVersion, TrainingRun
from recommendations.selectors import latest_runs
from recommendations.serving import active
from recommendations.training import runs
from recommendations.versions import registry
from recsite.database.row_estimates import estimated_rows

EXACT_UP_TO = 10_000
PREDECESSORS = 12
RECENT_RUNS = 5
QUALITY_SECONDS = 600
DUPLICATES = 20
COMPARED = ("model", "EASE", "popularity")
Chart = LineChart | BarChart


@dataclass(frozen=True)
class Quality:
    """Problems in the catalogue: counts, and (title, year, times) of possible duplicates."""

    without_genres: int
    without_year: int
    without_links: int
    unrated: int
    duplicates: list[tuple[str, int | None, int]]


@dataclass(frozen=True)
class Dashboard:
    """All that the admin's index page shows of the recommender."""

    counts: dict[str, int]
    newest: Any
    status: active.Status
    version: ModelVersion | None
    predecessor: ModelVersion | None
    runs: list[TrainingRun]
    running: TrainingRun | None
    load: Load | None
    quality: Quality
    experiment: Experiment | None
    charts: list[Chart] = field(default_factory=list)
    feedback: list[statistics.FeedbackRow] = field(default_factory=list)


def dashboard() -> Dashboard:
    """Gather the dashboard's data."""
    version, load = registry.active(), Load.objects.first()
    return Dashboard(
        counts={model._meta.model_name or "": _rows(model) for model in (Movie, User, Rating, Tag)},
        newest=Rating.objects.order_by("-rated_at").values_list("rated_at", flat=True).first(),
        status=active.status(),
        version=version,
        predecessor=registry.predecessor(),
        runs=latest_runs(RECENT_RUNS),
        running=runs.running(),
        load=load,
        quality=quality(load),
        experiment=Experiment.objects.filter(started_at__isnull=False, ended_at=None).first(),
        charts=charts(version) if version else [],
        feedback=statistics.lines()[:10],
    )


def _rows(model: Any) -> int:
    return estimated_rows(model, exact_up_to=EXACT_UP_TO)


def quality(load: Load | None) -> Quality:
    """Count problems in the catalogue; cached for ten minutes or until the next load."""
    key = f"catalogue-quality-{load.pk if load else 0}"
    if cached := cache.get(key):
        return Quality(**cached)
    duplicates = Movie.objects.values("title", "year").annotate(times=Count("*")).filter(times__gt=1)
    rows = duplicates.order_by("-times", "title").values_list("title", "year", "times")
    counted = Quality(
        without_genres=Movie.objects.filter(genres=None).count(),
        without_year=Movie.objects.filter(year=None).count(),
        without_links=Movie.objects.filter(imdb_id=None, tmdb_id=None).count(),
        unrated=Movie.objects.filter(rating_count=0).count(),
        duplicates=list(rows[:DUPLICATES]),
    )
    cache.set(key, asdict(counted), QUALITY_SECONDS)
    return counted


def charts(version: ModelVersion) -> list[Chart]:
    """Return charts of the version beside baselines and its predecessors."""
    model = active.current()
    history = model.manifest.get("history", []) if model and model.name == version.name else []
    candidates = [
        _over_versions("NDCG@10 by version, with baselines", "ndcg@10"),
        _learning_curves(history),
        _rankers(version.metrics.get("index", {})),
        _over_versions("Catalogue coverage of top tens", "coverage@10"),
        _over_versions("Popularity bias of top tens", "popularity_lift@10"),
        _stars(version.metrics.get("stars", {})),
    ]
    return [chart for chart in candidates if chart]


def _over_versions(title: str, metric: str) -> Chart | None:
    versions = list(reversed(ModelVersion.objects.order_by("-created_at", "-pk")[:PREDECESSORS]))
    labels = [f"{version.created_at:%d %b %H:%M}" for version in versions]
    series = [Series(name, [version.metrics.get(name, {}).get(metric) for version in versions]) for name in COMPARED]
    return line_chart(title, labels, series)


def _learning_curves(history: list[Mapping[str, Any]]) -> Chart | None:
    """Return a chart with a line for each EASE weight of the trial."""
    epochs = list(dict.fromkeys(point["epoch"] for point in history))
    lines: dict[float, dict[int, float]] = {}
    for point in history:
        lines.setdefault(point.get("ease_weight", point.get("sibling_weight")), {})[point["epoch"]] = point["ndcg@10"]
    series = [Series(f"EASE × {weight:g}", [values.get(epoch) for epoch in epochs]) for weight, values in lines.items()]
    title = "Learning curve (NDCG@10 on validation)"
    return line_chart(title, [f"epoch {epoch}" for epoch in epochs], series)


def _rankers(plan: Mapping[str, Any]) -> Chart | None:
    """Return a chart of the time that each ranker takes for a top ten."""
    names = [name for name in ("exact", "approximate", "partition") if name in plan]
    recall = plan.get("recall_at_10")
    return bar_chart(
        f"Median time of a top 10 in µs; recall@10 of the approximate ranker {recall:.3f}" if recall else "Rankers",
        [Amount(name, plan[name]["p50"], f"{plan[name]['p50']:,.0f} µs") for name in names],
    )


def _stars(errors: Mapping[str, Mapping[str, float]]) -> Chart | None:
    return bar_chart(
        "RMSE of predicted stars, beside simpler predictors",
        [Amount(name, error["rmse"], f"{error['rmse']:.3f}") for name, error in errors.items()],
    )
