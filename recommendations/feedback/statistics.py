"""Click and rating rates of what was shown, by version and by experiment arm.

Experiments assign users, not impressions, to arms, and one user's impressions are correlated. So rates are ratios of
sums over users, and their intervals come from the variance between users (the delta method).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from movies.models import Rating
from recommendations.models import Arm, Event, Experiment, ModelVersion

DAYS = 30
QUANTILE = 1.959964
"""The 97.5 % quantile of the normal distribution, for 95 % intervals."""
FEWEST_PEOPLE = 30
"""With fewer users in an arm, the variance between them is unknown."""
_IMPRESSION, _CLICK = Q(kind=Event.Kind.IMPRESSION), Q(kind=Event.Kind.CLICK)


@dataclass(frozen=True)
class FeedbackRow:
    """Impressions, clicks and ratings of one version, place and source."""

    version: str
    place: str
    source: str
    impressions: int
    clicks: int
    ratings: int

    @property
    def click_percent(self) -> float:
        return 100 * self.clicks / self.impressions if self.impressions else 0.0

    @property
    def rating_percent(self) -> float:
        return 100 * self.ratings / self.impressions if self.impressions else 0.0


def lines(since: datetime | None = None) -> list[FeedbackRow]:
    """Return the rows of the last `DAYS` days, or since a time; most impressions first."""
    events = Event.objects.filter(at__gte=since or timezone.now() - timedelta(days=DAYS))
    group = ("version_id", "place", "source")
    counted = _counted(events, *group).order_by("-impressions", *group)
    names = dict(ModelVersion.objects.values_list("pk", "name"))
    rows: list[dict[str, Any]] = [dict(row) for row in counted]
    return [FeedbackRow(version=names.get(row.pop("version_id"), "–"), **row) for row in rows]


def _counted(events: QuerySet[Event], *group: str) -> QuerySet[Any, Any]:
    """Count by group impressions, clicks, and impressions that a rating followed."""
    rated = Rating.objects.filter(user=OuterRef("user"), movie=OuterRef("movie"), rated_at__gte=OuterRef("at"))
    return (
        events.annotate(rated=Exists(rated))
        .values(*group)
        .annotate(
            impressions=Count("pk", filter=_IMPRESSION),
            clicks=Count("pk", filter=_CLICK),
            ratings=Count("pk", filter=_IMPRESSION & Q(rated=True)),
        )
    )


@dataclass(frozen=True)
class Rate:
    """A share of impressions with its 95 % interval; None for the bounds if there are too few users."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ArmFigures:
    """Impressions, clicks and ratings of one arm's users."""

    arm: Arm
    people: int
    impressions: int
    clicks: int
    ratings: int
    click_rate: Rate
    rating_rate: Rate
    difference: Rate | None
    """The click rate minus the first arm's; None for the first arm."""


@dataclass(frozen=True)
class _Sums:
    """The number of users, and sums over them of impressions (n), actions (c) and their products."""

    people: int = 0
    n: int = 0
    c: int = 0
    nn: int = 0
    cc: int = 0
    nc: int = 0

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> "_Sums":
        rows = list(pairs)
        return cls(
            len(rows),
            sum(n for n, _ in rows),
            sum(c for _, c in rows),
            sum(n * n for n, _ in rows),
            sum(c * c for _, c in rows),
            sum(n * c for n, c in rows),
        )

    @property
    def rate(self) -> float:
        return self.c / self.n if self.n else 0.0

    @property
    def variance(self) -> float | None:
        """The variance of the rate by the delta method; None if there are too few users."""
        if self.people < FEWEST_PEOPLE or not self.n:
            return None
        spread = self.cc - 2 * self.rate * self.nc + self.rate**2 * self.nn
        return max(0.0, spread) * self.people / (self.people - 1) / self.n**2

    def interval(self) -> Rate:
        return _interval(self.rate, self.variance, least=0.0)


def _interval(value: float, variance: float | None, least: float = -1.0) -> Rate:
    if variance is None:
        return Rate(value, None, None)
    half = QUANTILE * math.sqrt(variance)
    return Rate(value, max(least, value - half), min(1.0, value + half))


def of_experiment(experiment: Experiment) -> list[ArmFigures]:
    """Return the figures of each arm; the first arm is the control."""
    figures: list[ArmFigures] = []
    control: _Sums | None = None
    for arm in experiment.arms.order_by("pk"):
        users = list(_users(arm))
        clicks = _Sums.of((user["impressions"], user["clicks"]) for user in users)
        ratings = _Sums.of((user["impressions"], user["ratings"]) for user in users)
        difference = _difference(clicks, control) if control else None
        control = control or clicks
        rates = clicks.interval(), ratings.interval()
        figures.append(ArmFigures(arm, clicks.people, clicks.n, clicks.c, ratings.c, *rates, difference))
    return figures


def _users(arm: Arm) -> QuerySet[Any, Any]:
    """Count the impressions, clicks and ratings of each user of an arm who was shown anything."""
    counted = _counted(Event.objects.filter(arm=arm), "user_id")
    return counted.filter(impressions__gt=0).order_by(F("user_id"))


def _difference(sums: _Sums, control: _Sums) -> Rate:
    variances = sums.variance, control.variance
    both = None if None in variances else sum(variance for variance in variances if variance is not None)
    return _interval(sums.rate - control.rate, both)


def verdict(figures: list[ArmFigures]) -> str:
    """Summarise an experiment's result in words."""
    if not figures:
        return "The experiment has no arms."
    too_small = [each.arm.name for each in figures if each.people < FEWEST_PEOPLE]
    if too_small:
        return (
            f"Too early to say: fewer than {FEWEST_PEOPLE} people have been shown anything in {', '.join(too_small)}."
        )
    control, *others = figures
    return " ".join(_comparison(treated, control) for treated in others)


def _comparison(treated: ArmFigures, control: ArmFigures) -> str:
    if treated.difference is None or treated.difference.low is None or treated.difference.high is None:
        return ""
    low, high = treated.difference.low, treated.difference.high
    span = f"{treated.difference.value:+.2%} [{low:+.2%}, {high:+.2%}]"
    if low > 0:
        return f"“{treated.arm.name}” is clicked more often than “{control.arm.name}”: {span}."
    if high < 0:
        return f"“{treated.arm.name}” is clicked less often than “{control.arm.name}”: {span}."
    return f"No significant difference between “{treated.arm.name}” and “{control.arm.name}”: {span}."
