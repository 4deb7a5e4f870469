"""The movies that the API listed for a member, so that their events can be checked.

They are in the cache for a day. Feedback without an entry is ignored, so a lost entry costs feedback and nothing else.
"""

from collections.abc import Iterable

from django.core.cache import cache

KEPT_SECONDS = 86_400
MOST_MOVIES = 2_000
"""Per member, the latest ones; a list has at most 100."""


def remember(user_id: int, movie_ids: Iterable[int]) -> None:
    """Note that the API listed these movies for a user."""
    earlier: list[int] = cache.get(_key(user_id)) or []
    cache.set(_key(user_id), list(dict.fromkeys([*movie_ids, *earlier]))[:MOST_MOVIES], KEPT_SECONDS)


def keep(user_id: int) -> None:
    """Keep the entry of a user whose list has not changed for another day."""
    cache.touch(_key(user_id), KEPT_SECONDS)


def movies(user_id: int) -> set[int]:
    """Return the ids of the movies that the API listed for a user within a day."""
    return set(cache.get(_key(user_id)) or ())


def _key(user_id: int) -> str:
    return f"listed-by-api-{user_id}"
