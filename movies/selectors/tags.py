"""Queries of the tags that users applied to movies."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from heapq import nlargest

from django.core.cache import cache
from django.db.models import Count

from movies.models import Movie, MovieTag, Tag
from recsite.database.cache import is_list_of, read


def top_tags(movie: Movie, n: int = 8) -> list[Tag]:
    """Return the tags that most users applied to a movie; `people` holds their numbers."""
    applied = MovieTag.objects.filter(movie=movie).values_list("tag").annotate(times=Count("*")).order_by()
    counts = dict(applied)
    tags = _most_frequent(counts, n)
    for tag in tags:
        tag.people = counts[tag.pk]  # type: ignore[attr-defined]  # set like an annotation
    return tags


def common_tags(among: Collection[int], n: int) -> list[Tag]:
    """Return the tags shared by the most of these movies (ids), at least by two."""
    applied = MovieTag.objects.filter(movie__in=among).values_list("tag")
    counted = applied.annotate(n_movies=Count("movie", distinct=True))
    return _most_frequent(dict(counted.filter(n_movies__gt=1).order_by()), n)


def _most_frequent(counts: Mapping[int, int], n: int) -> list[Tag]:
    """Return the n tags with the largest counts (by tag id); ties are broken by name.

    The counts come from an index alone; only the winners are fetched.
    """
    least = min(nlargest(n, counts.values()), default=0)
    tags = Tag.objects.filter(pk__in=[pk for pk, count in counts.items() if count >= least])
    return sorted(tags, key=lambda tag: (-counts[tag.pk], tag.key))[:n]


def tags_named(names: Iterable[str]) -> list[Tag]:
    """Return the tags with these names, case-insensitively; unknown names are skipped."""
    keys = {Tag.key_of(name) for name in names}
    return list(Tag.objects.filter(key__in=keys)) if keys else []


def tag_names(n: int = 60) -> list[str]:
    """Return the names of the most applied tags; cached for an hour."""
    names: list[str] = read("tag-names", partial(is_list_of, str)) or []
    if not names:
        counted = Tag.objects.annotate(n_applied=Count("movie_tags")).order_by("-n_applied", "key")
        names = list(counted.values_list("name", flat=True)[:n])
        cache.set("tag-names", names, 3600)
    return names


def ids_with_tag(key: str) -> list[int]:
    """Return the ids of the movies that have a tag."""
    return list(MovieTag.objects.filter(tag__key=key).values_list("movie_id", flat=True).distinct())
