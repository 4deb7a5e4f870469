"""What feedback says: how often what was shown is chosen and rated, and what an experiment has found.

People and not impressions are divided among arms, and one person's impressions are alike.  So rates are ratios of
sums over people, and their intervals come from the spread between people (the delta method).
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
"""Of the normal distribution, for intervals of 95 %."""
FEWEST_PEOPLE = 30
"""With fewer in an arm the spread between people is not known."""
_SHOWN, _CHOSEN = Q(kind=Event.Kind.IMPRESSION), Q(kind=Event.Kind.CLICK)


@dataclass(frozen=True)
class FeedbackRow:
    """What became of what was shown by one version, at one place, by one path."""

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
    """The figures of the last `DAYS` days, or since a time; the most shown first."""
    events = Event.objects.filter(at__gte=since or timezone.now() - timedelta(days=DAYS))
    counted = (
        _with_ratings(events)
        .values("version_id", "place", "source")
        .annotate(
            impressions=Count("pk", filter=_SHOWN),
            clicks=Count("pk", filter=_CHOSEN),
            ratings=Count("pk", filter=_SHOWN & Q(rated=True)),
        )
        .order_by("-impressions", "version_id", "place", "source")
    )
    names = dict(ModelVersion.objects.values_list("pk", "name"))
    rows: list[dict[str, Any]] = [dict(row) for row in counted]
    return [FeedbackRow(version=names.get(row.pop("version_id"), "–"), **row) for row in rows]


def _with_ratings(events: QuerySet[Event]) -> QuerySet[Event]:
    rated = Rating.objects.filter(user=OuterRef("user"), movie=OuterRef("movie"), rated_at__gte=OuterRef("at"))
    return events.annotate(rated=Exists(rated))


@dataclass(frozen=True)
class Rate:
    """A share of impressions with its interval; None where too few people were there to know one."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ArmFigures:
    """What the people of one arm were shown, and what they did."""

    arm: Arm
    people: int
    impressions: int
    clicks: int
    ratings: int
    click_rate: Rate
    rating_rate: Rate
    difference: Rate | None
    """Of the click rate, to the first arm's."""


@dataclass(frozen=True)
class _Sums:
    """Over people: their number, and the sums and products of what they were shown (n) and did (c)."""

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
        """Of the rate, by the delta method."""
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
    """The figures of each arm, the first being what the others are held against."""
    found: list[ArmFigures] = []
    control: _Sums | None = None
    for arm in experiment.arms.order_by("pk"):
        people = list(_people(arm))
        clicks = _Sums.of((person["shown"], person["chosen"]) for person in people)
        ratings = _Sums.of((person["shown"], person["rates"]) for person in people)
        difference = _difference(clicks, control) if control else None
        control = control or clicks
        rates = clicks.interval(), ratings.interval()
        found.append(ArmFigures(arm, clicks.people, clicks.n, clicks.c, ratings.c, *rates, difference))
    return found


def _people(arm: Arm) -> QuerySet[Any, Any]:
    return (
        _with_ratings(Event.objects.filter(arm=arm))
        .values("user_id")
        .annotate(
            shown=Count("pk", filter=_SHOWN),
            chosen=Count("pk", filter=_CHOSEN),
            rates=Count("pk", filter=_SHOWN & Q(rated=True)),
        )
        .filter(shown__gt=0)
        .order_by(F("user_id"))
    )


def _difference(sums: _Sums, control: _Sums) -> Rate:
    variances = sums.variance, control.variance
    both = None if None in variances else sum(variance for variance in variances if variance is not None)
    return _interval(sums.rate - control.rate, both)


def verdict(figures: list[ArmFigures]) -> str:
    """What an experiment has found, in a sentence."""
    if not figures:
        return "There are no arms."
    few = [part.arm.name for part in figures if part.people < FEWEST_PEOPLE]
    if few:
        return f"Too early to say: fewer than {FEWEST_PEOPLE} people have been shown anything in {', '.join(few)}."
    control, *others = figures
    told = [_told(part, control) for part in others]
    return " ".join(told)


def _told(part: ArmFigures, control: ArmFigures) -> str:
    if part.difference is None or part.difference.low is None or part.difference.high is None:
        return ""
    low, high = part.difference.low, part.difference.high
    span = f"{part.difference.value:+.2%} [{low:+.2%}, {high:+.2%}]"
    if low > 0:
        return f"“{part.arm.name}” is chosen from more often than “{control.arm.name}”: {span}."
    if high < 0:
        return f"“{part.arm.name}” is chosen from less often than “{control.arm.name}”: {span}."
    return f"No difference between “{part.arm.name}” and “{control.arm.name}” can be seen: {span}."
