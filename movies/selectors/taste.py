"""Statistics of a user's ratings, by stars, genre, decade and time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from movies.models import Rating, User

MONTHS_UP_TO_YEARS = 2
"""Ratings from at most this many calendar years are grouped by month."""
MIN_RATINGS = 3
"""Fewer ratings say nothing about a genre or a decade."""


@dataclass(frozen=True)
class Group:
    """Count and mean stars of the ratings of one genre or decade."""

    name: str
    count: int
    mean: float


@dataclass(frozen=True)
class Period:
    """Count and mean stars of the ratings in a year or month; the mean is None without ratings."""

    name: str
    count: int
    mean: float | None


@dataclass(frozen=True)
class Taste:
    """Statistics of a user's ratings.

    `histogram` holds ten counts, from half a star to five stars. `times` holds consecutive years, or months if the
    ratings span at most two calendar years.
    """

    count: int
    mean: float
    histogram: list[int]
    genres: list[Group]
    decades: list[Group]
    times: list[Period]


def taste_of(user: User) -> Taste | None:
    """Return the statistics of a user's ratings; None without ratings."""
    rows = list(Rating.objects.filter(user=user).values_list("half_stars", "movie__year", "rated_at"))
    if not rows:
        return None
    counts = Counter(half_stars for half_stars, _, _ in rows)
    by_genre = Rating.objects.filter(user=user, movie__genres__isnull=False).values_list(
        "movie__genres__name", "half_stars"
    )
    by_decade = ((f"{year // 10 * 10}s", half_stars) for half_stars, year, _ in rows if year)
    return Taste(
        count=len(rows),
        mean=sum(half_stars for half_stars, _, _ in rows) / len(rows) / 2,
        histogram=[counts[half_stars] for half_stars in range(1, 11)],
        genres=sorted(_groups(by_genre), key=lambda group: (-group.count, group.name)),
        decades=sorted(_groups(by_decade), key=lambda group: group.name),
        times=_times([(rated_at, half_stars) for half_stars, _, rated_at in rows]),
    )


def _groups(pairs: Iterable[tuple[str, int]]) -> list[Group]:
    by_name: defaultdict[str, list[int]] = defaultdict(list)
    for name, half_stars in pairs:
        by_name[name].append(half_stars)
    return [
        Group(name, len(half_stars), sum(half_stars) / len(half_stars) / 2)
        for name, half_stars in by_name.items()
        if len(half_stars) >= MIN_RATINGS
    ]


def _times(ratings: Sequence[tuple[datetime, int]]) -> list[Period]:
    months: defaultdict[int, list[int]] = defaultdict(list)
    for rated_at, half_stars in ratings:
        months[12 * rated_at.year + rated_at.month - 1].append(half_stars)
    first, last = min(months), max(months)
    if last // 12 - first // 12 < MONTHS_UP_TO_YEARS:
        return [_period(f"{date(n // 12, n % 12 + 1, 1):%b %Y}", months[n]) for n in range(first, last + 1)]
    years = range(first // 12, last // 12 + 1)
    return [_period(str(year), [stars for n in range(12) for stars in months[12 * year + n]]) for year in years]


def _period(name: str, half_stars: list[int]) -> Period:
    return Period(name, len(half_stars), sum(half_stars) / len(half_stars) / 2 if half_stars else None)
