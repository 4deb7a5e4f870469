"""The lists that people are shown."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from movies import selectors
from movies.models import Movie, User
from recommendations.engine.data.interactions import fingerprint
from recommendations.feedback.assignment import treatment_of
from recommendations.serving import active, metrics
from recommendations.serving.batch import Lines, lists_of_some
from recommendations.serving.explanations import explain_all
from recommendations.serving.filters import Filters, Ranker, Source, Steering, wishes
from recommendations.serving.model import Bundle, Ratings
from recommendations.serving.query import Opinions, answer, opinions_of
from recommendations.serving.results import Entry, Reason, Recommendations

__all__ = [
    "Filters",
    "Ranker",
    "Source",
    "Steering",
    "least_rated_genre",
    "list_tag",
    "recommend",
    "recommend_for_ratings",
    "recommend_many",
    "wishes",
]

NO_FILTERS = Filters()
UNSTEERED = Steering()


def recommend(
    user: User | AnonymousUser,
    *,
    n: int = 10,
    filters: Filters = NO_FILTERS,
    exclude: Collection[int] = (),
    steering: Steering = UNSTEERED,
    reasons: int = 2,
    ranker: Ranker = Ranker.SERVED,
    explained: bool = False,
    opinions: Opinions | None = None,
) -> Recommendations:
    """The best `n` movies for somebody, without those they rated or hid and those with an id in `exclude`.

    Somebody who is not signed in, or has rated nothing, is shown what is popular.  Each movie comes with up to
    `reasons` ratings that speak for it.  Who has the `opinions` of the user at hand spares reading them again.
    """
    if not isinstance(user, User):
        return _popular(n, filters, exclude)
    ratings, hidden = opinions or opinions_of(user)
    left_out = {*exclude, *hidden}
    treatment = treatment_of(user)
    if treatment is None:
        wish = _Wish(ratings, user.pk, n, filters, left_out, steering, reasons, ranker, explained)
        return _recommend(active.current(), wish)
    steering = steering or treatment.steering
    wish = _Wish(ratings, user.pk, n, filters, left_out, steering, reasons, ranker, explained)
    return replace(_recommend(treatment.bundle or active.current(), wish), arm=treatment.arm.pk)


def recommend_for_ratings(
    ratings: Mapping[int, int],
    *,
    n: int = 10,
    filters: Filters = NO_FILTERS,
    exclude: Collection[int] = (),
    steering: Steering = UNSTEERED,
    reasons: int = 2,
    ranker: Ranker = Ranker.SERVED,
    explained: bool = False,
) -> Recommendations:
    """The best `n` movies for somebody of whom only these ratings (half stars by movie id) are known."""
    known = Ratings.of(ratings.items())
    wish = _Wish(known, None, n, filters, exclude, steering, reasons, ranker, explained)
    return _recommend(active.current(), wish)


def recommend_many(user_ids: Collection[int], *, n: int = 10) -> tuple[str | None, dict[int, Lines]]:
    """The lists of many people at once as pairs of movie id and score, and the version that made them.

    Of whom nothing is known to the version, or who do not exist, there is no list.  Experiments are left aside.
    """
    bundle = active.current()
    found = answer(bundle, lambda model: lists_of_some(model, user_ids, n)) or {}
    return (bundle.name if bundle else None), found


def list_tag(user: User, opinions: Opinions) -> str | None:
    """What a member's lists follow from: while it stays the same they do.  None without a model."""
    treatment = treatment_of(user)
    bundle = (treatment and treatment.bundle) or active.current()
    if bundle is None:
        return None
    ratings = opinions.ratings
    mark = f"{fingerprint(ratings.movie_ids, ratings.half_stars)}:{ratings.rated_at.sum()}"
    arm = treatment.arm.pk if treatment else None
    return f"{bundle.name}:{mark}:{arm}:{opinions.hidden}"


def least_rated_genre(opinions: Opinions) -> int | None:
    """The id of the genre of many movies that somebody rated least; None without a model."""

    def find(model: Bundle) -> int | None:
        rated = model.movies.ordinals(opinions.ratings.movie_ids, missing="drop")
        return model.catalogue.least_rated_genre(rated)

    return answer(active.current(), find)


class _Wish(NamedTuple):
    ratings: Ratings
    user_id: int | None
    n: int
    filters: Filters
    exclude: Collection[int]
    steering: Steering
    reasons: int
    ranker: Ranker
    explained: bool


class _Found(NamedTuple):
    """What the model answers: movie ids and scores, best first; why[i] are (movie id, half stars, share)."""

    source: Source
    ids: list[int]
    scores: list[float]
    stars: list[float]
    why: list[list[tuple[int, int, float]]]


def _recommend(bundle: Bundle | None, wish: _Wish) -> Recommendations:
    found = answer(bundle, lambda model: _find(model, wish))
    left_out = {*wish.exclude, *wish.ratings.movie_ids.tolist()}
    if bundle is None or found is None:
        metrics.fallbacks.labels("the model knows nothing of them" if bundle else "no version").inc()
        return _popular(wish.n, wish.filters, left_out)
    entries = _entries(found)
    if wish.explained:
        movies = [entry.movie for entry in entries]
        why = answer(bundle, lambda model: explain_all(model, wish.user_id, wish.ratings, movies)) or {}
        entries = tuple(replace(entry, explanation=why.get(entry.movie.pk)) for entry in entries)
    if len(entries) < wish.n:
        # The model does not know movies that are newer than it, and may know some that are gone.
        shown = {entry.movie.pk for entry in entries}
        entries += _popular(wish.n - len(entries), wish.filters, left_out | shown).entries
    return Recommendations(entries, found.source, bundle.name)


def _find(bundle: Bundle, wish: _Wish) -> _Found | None:
    """The model's list; None if it knows nothing of this person."""
    person = bundle.person(wish.user_id, wish.ratings)
    if person is None:
        return None
    left_out = np.concatenate([wish.ratings.movie_ids, np.fromiter(wish.exclude, dtype=np.int64)])
    with metrics.timed_ranking(person.source, "steered" if wish.steering else "filtered" if wish.filters else "plain"):
        ranking = bundle.rank(
            person.vector,
            wish.n,
            exclude=left_out,
            filters=wish.filters,
            steering=wish.steering,
            ranker=wish.ranker,
        )
    if not wish.steering and not wish.filters:
        known = bundle.movies.ordinals(left_out, missing="drop")
        metrics.shadow(person.vector, bundle.embeddings.items, ranking.ordinals, known)
    return _Found(
        person.source,
        bundle.ids(ranking.ordinals).tolist(),
        ranking.scores.tolist(),
        bundle.predicted_stars(person, ranking.ordinals).tolist(),
        bundle.reasons(person, ranking.ordinals, wish.reasons),
    )


def _entries(found: _Found) -> tuple[Entry, ...]:
    needed = {*found.ids, *(movie for reasons in found.why for movie, _, _ in reasons)}
    movies = selectors.in_bulk(needed)
    rows = zip(found.ids, found.scores, found.stars, found.why, strict=True)
    return tuple(
        Entry(
            movies[pk],
            score,
            stars,
            tuple(Reason(movies[of], rated, share) for of, rated, share in reasons if of in movies),
        )
        for pk, score, stars, reasons in rows
        if pk in movies
    )


def _popular(n: int, filters: Filters, exclude: Collection[int]) -> Recommendations:
    # Left out here and not by the database, which takes only so many parameters.
    ids = _filtered(filters).order_by("-rating_count", "pk").values_list("pk", flat=True)[: n + len(exclude)]
    left = [pk for pk in ids if pk not in exclude][:n]
    return Recommendations(tuple(Entry(movie) for movie in selectors.movies_by_id(left)), Source.POPULAR)


def _filtered(filters: Filters) -> QuerySet[Movie]:
    found = Movie.objects.all()
    for genre in filters.genres:
        found = found.filter(genres=genre)
    limits = {"year__gte": filters.year_from, "year__lte": filters.year_to, "rating_count__gte": filters.min_ratings}
    return found.filter(**{field: limit for field, limit in limits.items() if limit is not None})
