"""A member and a catalogue that make requests expensive."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from movies.models import (
    Genre,
    HiddenMovie,
    Movie,
    MovieTag,
    Rating,
    Tag,
    User,
    WatchGroup,
    WatchGroupMember,
    WatchlistItem,
)
from movies.watch_groups import MOST_GROUPS

LONGEST_LINE = 4_094
"""Bytes of a request line that gunicorn reads."""
MOST_TEXT = 90_000
"""Bytes of a field in the largest form that the site reads."""
LIGATURE = "\ufdfa"
"""The character that grows most when it is normalised: to 18."""
PASSWORD = "lovelace-1815"  # noqa: S105 - of a member that exists for a while
LIKED = datetime(2021, 1, 1, tzinfo=UTC)


@dataclass
class Stage:
    """Who asks, and about what."""

    member: User
    boss: User
    movies: list[int]
    genres: list[str]
    tags: list[str]
    group: WatchGroup
    people: list[int]


@dataclass
class Form:
    """A request: who sends it, and what."""

    actor: str
    method: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)
    own_data: bool = False
    """Whether it downloads all that a member has stored, which may be large."""


def stage_for(ratings: int) -> Stage:
    """Create a member with so many ratings, full lists and groups; write into a database of one's own."""
    movies = list(Movie.objects.order_by("-rating_count", "pk").values_list("pk", flat=True))
    member = User.objects.create_user("expensive", email="expensive@example.org", password=PASSWORD)
    boss = User.objects.create_superuser("boss-of-costs")
    rated = movies[:ratings]
    Rating.objects.bulk_create(
        [Rating(user=member, movie_id=pk, half_stars=1 + n % 10, rated_at=LIKED) for n, pk in enumerate(rated)], 2_000
    )
    for model, listed in ((WatchlistItem, 1_000), (HiddenMovie, 500)):
        kept: list[Any] = [model(user=member, movie_id=pk) for pk in movies[-listed:]]
        model._default_manager.bulk_create(kept, 2_000)
    for _ in range(MOST_GROUPS):
        group = WatchGroup.objects.create()
        others = [User(username=f"g{group.pk}-{n}") for n in range(WatchGroup.MOST_MEMBERS - 1)]
        people = [member, *User.objects.bulk_create(others)]
        WatchGroupMember.objects.bulk_create(WatchGroupMember(group=group, user=person) for person in people)
        Rating.objects.bulk_create(
            Rating(user=person, movie_id=pk, half_stars=1 + (n * pk) % 10, rated_at=LIKED)
            for n, person in enumerate(people[1:])
            for pk in rated[:200]
        )
    tags = list(Tag.objects.order_by("pk")[:200])
    MovieTag.objects.bulk_create([MovieTag(user=member, movie_id=movies[0], tag=tag) for tag in tags])
    return Stage(
        member,
        boss,
        movies,
        list(Genre.objects.filter(movies=movies[-1]).values_list("slug", flat=True)[:20]),
        [tag.name for tag in tags],
        group,
        list(User.objects.order_by("pk").values_list("pk", flat=True)[:1_000]),
    )


def line(address: str, *parts: str) -> str:
    """Return an address with as many of these parameters as a request line holds."""
    query = ""
    for part in parts:
        if len(address) + len(query) + len(part) + len("GET ? HTTP/1.1\r\n") + 1 > LONGEST_LINE:
            break
        query += f"&{part}" if query else part
    return f"{address}?{query}"
