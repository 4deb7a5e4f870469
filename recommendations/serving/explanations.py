"""Explain scores by feature block and by rating."""

from collections.abc import Mapping

from movies import selectors
from movies.models import Movie
from recommendations.serving.profile import Ratings, ScoreParts
from recommendations.serving.results import Explanation, Reason


def explanations(
    parts_by_movie: Mapping[int, ScoreParts], movies: Mapping[int, Movie], ratings: Ratings
) -> dict[int, Explanation]:
    """Explain the score of each movie in `movies` that has parts, by movie id."""
    rated = selectors.in_bulk({pk for parts in parts_by_movie.values() for pk in parts.shares})
    half_stars = dict(zip(ratings.movie_ids.tolist(), ratings.half_stars.tolist(), strict=True))
    return {
        pk: _explanation(movies[pk], parts, rated, half_stars) for pk, parts in parts_by_movie.items() if pk in movies
    }


def _explanation(
    movie: Movie, parts: ScoreParts, rated: Mapping[int, Movie], half_stars: Mapping[int, int]
) -> Explanation:
    reasons = [Reason(rated[pk], half_stars[pk], share) for pk, share in parts.shares.items() if pk in rated]
    return Explanation(
        movie=movie,
        score=parts.score,
        parts=parts.blocks,
        base=parts.base,
        ratings=tuple(reasons),
        others=parts.others + sum(share for pk, share in parts.shares.items() if pk not in rated),
        training=parts.score - parts.base - sum(parts.shares.values()) - parts.others,
    )
