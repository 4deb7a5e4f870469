"""What pages, endpoints and the recommender read of the tags that people put on movies."""

from collections.abc import Collection, Iterable, Mapping
from heapq import nlargest

from django.core.cache import cache
from django.db.models import Count

from movies.models import Movie, MovieTag, Tag


def top_tags(movie: Movie, n: int = 8) -> list[Tag]:
    """The tags that most people put on a movie."""
    applied = MovieTag.objects.filter(movie=movie).values_list("tag").annotate(times=Count("*")).order_by()
    people = dict(applied)
    tags = _leading(people, n)
    for tag in tags:
        tag.people = people[tag.pk]  # type: ignore[attr-defined]  # as an annotation would be
    return tags


def common_tags(among: Collection[int], n: int) -> list[Tag]:
    """The tags that are on most of some movies (by id), leaving out those that are on one only."""
    applied = MovieTag.objects.filter(movie__in=among).values_list("tag").annotate(on=Count("movie", distinct=True))
    return _leading(dict(applied.filter(on__gt=1).order_by()), n)


def _leading(counts: Mapping[int, int], n: int) -> list[Tag]:
    """The n tags with the largest counts, by id; of equals the first by name.

    Only these are looked up: the counts come from an index alone.
    """
    least = min(nlargest(n, counts.values()), default=0)
    tags = Tag.objects.filter(pk__in=[pk for pk, count in counts.items() if count >= least])
    return sorted(tags, key=lambda tag: (-counts[tag.pk], tag.key))[:n]


def tags_named(names: Iterable[str]) -> list[Tag]:
    """The tags with these names, whatever their case; names that no tag has are passed over."""
    keys = {Tag.key_of(name) for name in names}
    return list(Tag.objects.filter(key__in=keys)) if keys else []


def tag_names(n: int = 60) -> list[str]:
    """The names of the tags that are on most movies; may be an hour old."""
    names: list[str] = cache.get("tag-names", [])
    if not names:
        counted = Tag.objects.annotate(on=Count("movie_tags")).order_by("-on", "key")
        names = list(counted.values_list("name", flat=True)[:n])
        cache.set("tag-names", names, 3600)
    return names


def ids_with_tag(key: str) -> list[int]:
    """The ids of the movies that anybody put a tag on."""
    return list(MovieTag.objects.filter(tag__key=key).values_list("movie_id", flat=True).distinct())
