"""What somebody's ratings say about them, in numbers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from movies.models import Rating, User

FEW_YEARS = 2
FEW = 3
"""Fewer ratings say nothing about a genre or a decade."""


@dataclass(frozen=True)
class Group:
    """Somebody's ratings of one genre or decade: how many, and their mean in stars."""

    name: str
    count: int
    mean: float


@dataclass(frozen=True)
class Period:
    """What somebody rated in a year or a month: how much, and its mean in stars, None where it is nothing."""

    name: str
    count: int
    mean: float | None


@dataclass(frozen=True)
class Taste:
    """`histogram` counts half a star, one star, … five stars; `times` are the years of rating, none left out.

    Where they are no more than two, `times` are the months.
    """

    count: int
    mean: float
    histogram: list[int]
    genres: list[Group]
    decades: list[Group]
    times: list[Period]


def taste_of(user: User) -> Taste | None:
    """The statistics of somebody's ratings; None where there are none."""
    rows = list(Rating.objects.filter(user=user).values_list("half_stars", "movie__year", "rated_at"))
    if not rows:
        return None
    counted = Counter(half_stars for half_stars, _, _ in rows)
    by_genre = Rating.objects.filter(user=user, movie__genres__isnull=False).values_list(
        "movie__genres__name", "half_stars"
    )
    by_decade = ((f"{year // 10 * 10}s", half_stars) for half_stars, year, _ in rows if year)
    return Taste(
        count=len(rows),
        mean=sum(half_stars for half_stars, _, _ in rows) / len(rows) / 2,
        histogram=[counted[half_stars] for half_stars in range(1, 11)],
        genres=sorted(_groups(by_genre), key=lambda group: (-group.count, group.name)),
        decades=sorted(_groups(by_decade), key=lambda group: group.name),
        times=_times([(rated_at, half_stars) for half_stars, _, rated_at in rows]),
    )


def _groups(pairs: Iterable[tuple[str, int]]) -> list[Group]:
    half_stars: defaultdict[str, list[int]] = defaultdict(list)
    for name, halves in pairs:
        half_stars[name].append(halves)
    return [
        Group(name, len(halves), sum(halves) / len(halves) / 2)
        for name, halves in half_stars.items()
        if len(halves) >= FEW
    ]


def _times(ratings: Sequence[tuple[datetime, int]]) -> list[Period]:
    months: defaultdict[int, list[int]] = defaultdict(list)
    for rated_at, half_stars in ratings:
        months[12 * rated_at.year + rated_at.month - 1].append(half_stars)
    first, last = min(months), max(months)
    if last // 12 - first // 12 < FEW_YEARS:
        return [_period(f"{date(n // 12, n % 12 + 1, 1):%b %Y}", months[n]) for n in range(first, last + 1)]
    years = range(first // 12, last // 12 + 1)
    return [_period(str(year), [stars for n in range(12) for stars in months[12 * year + n]]) for year in years]


def _period(name: str, half_stars: list[int]) -> Period:
    return Period(name, len(half_stars), sum(half_stars) / len(half_stars) / 2 if half_stars else None)
