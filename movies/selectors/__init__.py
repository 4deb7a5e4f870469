"""Queries of the catalogue and of users' ratings and lists, for pages, the API and the recommender."""

from movies.selectors.answers import Answers, answers, find, found
from movies.selectors.member_marks import Marks, hidden_ids, hidden_movies_of, marks, on_watchlists, watchlist_of
from movies.selectors.movie_queries import (
    Browse,
    Sort,
    best_known_of,
    best_rated,
    browse,
    genres,
    ids_by,
    ids_of_genre,
    in_bulk,
    movies,
    movies_by_id,
    popular,
    popular_now,
    rating_histogram,
    well_known,
)
from movies.selectors.ratings import RatingSort, half_stars_of, rating_count_of, ratings_of

__all__ = [
    "Answers",
    "Browse",
    "Marks",
    "RatingSort",
    "Sort",
    "answers",
    "best_known_of",
    "best_rated",
    "browse",
    "find",
    "found",
    "genres",
    "half_stars_of",
    "hidden_ids",
    "hidden_movies_of",
    "ids_by",
    "ids_of_genre",
    "in_bulk",
    "marks",
    "movies",
    "movies_by_id",
    "on_watchlists",
    "popular",
    "popular_now",
    "rating_count_of",
    "rating_histogram",
    "ratings_of",
    "watchlist_of",
    "well_known",
]
