"""Why movies score with somebody as they do."""

from collections.abc import Sequence

from movies import selectors
from movies.models import Movie
from recommendations.serving.model import Bundle, Parts, Ratings
from recommendations.serving.results import Explanation, Reason


def explain_all(
    bundle: Bundle, user_id: int | None, ratings: Ratings, movies: Sequence[Movie]
) -> dict[int, Explanation]:
    """Explanations by movie id; of what the model does not know there are none."""
    person = bundle.person(user_id, ratings)
    found = {movie: parts for movie in movies if (parts := bundle.explain(person, movie.pk))}
    rated = selectors.in_bulk({pk for parts in found.values() for pk in parts.shares})
    half_stars = dict(zip(ratings.movie_ids.tolist(), ratings.half_stars.tolist(), strict=True))
    return {movie.pk: _explanation(movie, parts, rated, half_stars) for movie, parts in found.items()}


def _explanation(movie: Movie, parts: Parts, rated: dict[int, Movie], half_stars: dict[int, int]) -> Explanation:
    reasons = [Reason(rated[pk], half_stars[pk], share) for pk, share in parts.shares.items() if pk in rated]
    return Explanation(
        movie=movie,
        score=parts.score,
        parts=parts.blocks,
        base=parts.base,
        ratings=tuple(sorted(reasons, key=lambda reason: -abs(reason.share))),
        training=parts.score - parts.base - sum(parts.shares.values()),
    )
