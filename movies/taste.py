"""What somebody's ratings say about them, in numbers."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from movies.models import Rating, User

FEW = 3
"""Fewer ratings say nothing about a genre or a decade."""


@dataclass(frozen=True)
class Group:
    """Somebody's ratings of one genre or decade: how many, and their mean in stars."""

    name: str
    count: int
    mean: float


@dataclass(frozen=True)
class Taste:
    """`histogram` counts half a star, one star, … five stars; `years` are (year of rating, count), none left out."""

    count: int
    mean: float
    histogram: list[int]
    genres: list[Group]
    decades: list[Group]
    years: list[tuple[int, int]]


def taste_of(user: User) -> Taste | None:
    """The statistics of somebody's ratings; None where there are none."""
    rows = list(Rating.objects.filter(user=user).values_list("half_stars", "movie__year", "rated_at"))
    if not rows:
        return None
    counted = Counter(half_stars for half_stars, _, _ in rows)
    rated_in = Counter(rated_at.year for _, _, rated_at in rows)
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
        years=[(year, rated_in[year]) for year in range(min(rated_in), max(rated_in) + 1)],
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
