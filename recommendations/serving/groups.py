"""One list for several people."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.contrib.auth.models import AnonymousUser

from movies import columns, selectors
from movies.models import Movie, User
from recommendations.engine.reranking.group_fairness import fair_order, worth
from recommendations.serving import active
from recommendations.serving.filters import Filters
from recommendations.serving.model import Bundle, Person, Ratings
from recommendations.serving.recommend import recommend

logger = logging.getLogger(__name__)

POOL = 1_000
"""As many of each member's best movies are looked at."""
NO_FILTERS = Filters()


@dataclass(frozen=True)
class SharedEntry:
    """A movie for a group, and what each member would probably give it: None for whom nothing is known."""

    movie: Movie
    by_member: tuple[tuple[User, float | None], ...]


@dataclass(frozen=True)
class SharedList:
    """A list for a group, best first; `personal` says whether the members' taste made it, or popularity."""

    members: tuple[User, ...]
    entries: tuple[SharedEntry, ...]
    personal: bool


def recommend_together(members: Sequence[User], *, n: int = 12, filters: Filters = NO_FILTERS) -> SharedList:
    """A list that is fair to all members: movies that none of them has rated or hidden.

    Members of whom nothing is known have no say.  If nothing is known of anybody, the list is what is popular.
    """
    ratings = [Ratings(*columns.of_user(member.pk)) for member in members]
    left_out = {int(pk) for rated in ratings for pk in rated.movie_ids}
    left_out |= {pk for member in members for pk in selectors.hidden_ids(member)}
    bundle = active.current()
    if bundle is not None:
        try:
            people = {member: bundle.person(None, rated) for member, rated in zip(members, ratings, strict=True)}
            found = _fair(bundle, people, left_out, n, filters)
        except Exception:
            # As on every page: whatever the model has, visitors see a list.
            logger.exception("Version %s has no answer for a group", bundle.name)
        else:
            if found:
                return SharedList(tuple(members), found, personal=True)
    popular = recommend(AnonymousUser(), n=n, filters=filters, exclude=left_out)
    entries = tuple(SharedEntry(entry.movie, tuple((member, None) for member in members)) for entry in popular.entries)
    return SharedList(tuple(members), entries, personal=False)


def _fair(
    bundle: Bundle, people: Mapping[User, Person | None], left_out: set[int], n: int, filters: Filters
) -> tuple[SharedEntry, ...]:
    """The model's list; empty if it knows nothing of anybody."""
    known = [person for person in people.values() if person is not None]
    if not known:
        return ()
    excluded = np.fromiter(left_out, dtype=np.int64, count=len(left_out))
    pools = [bundle.rank(person.vector, POOL, exclude=excluded, filters=filters).ordinals for person in known]
    pool = np.unique(np.concatenate(pools))
    scores = np.array([bundle.embeddings.items[pool] @ person.vector for person in known])
    best = pool[fair_order(worth(scores), n)]
    stars = {
        member: bundle.predicted_stars(person, best).tolist() if person else None for member, person in people.items()
    }
    ids = bundle.ids(best).tolist()
    movies = selectors.in_bulk(ids)
    return tuple(
        SharedEntry(movies[pk], tuple((member, each and each[row]) for member, each in stars.items()))
        for row, pk in enumerate(ids)
        if pk in movies
    )
