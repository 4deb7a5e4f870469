"""Recommend one fair list to a group of members."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.contrib.auth.models import AnonymousUser

from movies import selectors
from movies.models import Movie, User
from recommendations.engine.reranking.group_fairness import fair_order, worth
from recommendations.serving import active
from recommendations.serving.deleted import ROUNDS
from recommendations.serving.filters import Filters
from recommendations.serving.model import ServingModel
from recommendations.serving.profile import Ratings
from recommendations.serving.query import find_deleted, query_or_fallback, ratings_of
from recommendations.serving.recommend import NO_FILTERS, recommend

POOL = 1_000
"""How many of each member's best movies are candidates."""


@dataclass(frozen=True)
class SharedEntry:
    """A movie for a group, with each member's predicted stars; None for members without ratings."""

    movie: Movie
    by_member: tuple[tuple[User, float | None], ...]


@dataclass(frozen=True)
class SharedList:
    """A list for a group, best first; `personal` is False if the movies are just popular."""

    members: tuple[User, ...]
    entries: tuple[SharedEntry, ...]
    personal: bool


def recommend_together(members: Sequence[User], *, n: int = 12, filters: Filters = NO_FILTERS) -> SharedList:
    """Recommend movies that none of the members has rated, seen or hidden, fair to all of them.

    Members without ratings do not influence the list. If no member has any, the movies are popular ones.
    """
    ratings = {member: ratings_of(member) for member in members}
    exclude = {int(pk) for rated in ratings.values() for pk in rated.movie_ids}
    exclude |= {pk for member in members for pk in (*selectors.hidden_ids(member), *selectors.seen_ids(member))}
    entries = query_or_fallback(active.current(), lambda model: _fair_entries(model, ratings, exclude, n, filters))
    personal = bool(entries)
    if not entries or len(entries) < n:
        # The model lacks movies that were added after it was trained.
        entries = entries or ()
        exclude |= {entry.movie.pk for entry in entries}
        popular = recommend(AnonymousUser(), n=n - len(entries), filters=filters, exclude=exclude).entries
        entries += tuple(SharedEntry(entry.movie, tuple((member, None) for member in members)) for entry in popular)
    return SharedList(tuple(members), entries, personal)


def _fair_entries(
    model: ServingModel, ratings: Mapping[User, Ratings], exclude: Collection[int], n: int, filters: Filters
) -> tuple[SharedEntry, ...]:
    """Rank for the group, without deleted movies; empty if the model knows none of the members."""
    for _ in range(ROUNDS):
        shared = _fair_list(model, ratings, exclude, n, filters)
        movies = selectors.in_bulk([pk for pk, _ in shared])
        if len(movies) == len(shared):
            break
        find_deleted(model)
    return tuple(SharedEntry(movies[pk], by_member) for pk, by_member in shared if pk in movies)


def _fair_list(
    model: ServingModel, ratings: Mapping[User, Ratings], exclude: Collection[int], n: int, filters: Filters
) -> list[tuple[int, tuple[tuple[User, float | None], ...]]]:
    """Return movie ids in a fair order, each with the stars predicted for each member."""
    profiles = {member: model.profile(None, rated) for member, rated in ratings.items()}
    known = [profile for profile in profiles.values() if profile is not None]
    if not known:
        return []
    excluded = np.fromiter(exclude, dtype=np.int64, count=len(exclude))
    pools = [model.rank(profile.vector, POOL, exclude=excluded, filters=filters).ordinals for profile in known]
    pool = np.unique(np.concatenate(pools))
    scores = np.array([model.embeddings.items[pool] @ profile.vector for profile in known])
    best = pool[fair_order(worth(scores), n)]
    stars = {
        member: model.predicted_stars(profile, best).tolist() if profile else None
        for member, profile in profiles.items()
    }
    ids = model.ids(best).tolist()
    return [(pk, tuple((member, each and each[row]) for member, each in stars.items())) for row, pk in enumerate(ids)]
