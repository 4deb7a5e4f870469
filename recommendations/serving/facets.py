"""What a version knows of its movies for filtering and steering: years, numbers of ratings, genres, tags."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.serving.filters import Filters

UNKNOWN_YEAR = 0


@dataclass(frozen=True)
class ItemFacets:
    """Columns by a movie's ordinal, and for each genre and each common tag the ordinals of its movies.

    `years` (n_items,) int16, 0 where unknown; `rating_counts` (n_items,) int32; `genre_ids` (n_genres,) int32,
    ascending; the movies of genre i are `genre_movies[genre_bounds[i]:genre_bounds[i + 1]]`, int32, ascending.
    Tags likewise.
    """

    years: NDArray[np.int16]
    rating_counts: NDArray[np.int32]
    genre_ids: NDArray[np.int32]
    genre_bounds: NDArray[np.int64]
    genre_movies: NDArray[np.int32]
    tag_ids: NDArray[np.int32]
    tag_bounds: NDArray[np.int64]
    tag_movies: NDArray[np.int32]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return dict(vars(self))

    def eligible(self, filters: Filters) -> NDArray[np.int32] | None:
        """The ordinals of the movies that pass the filters, ascending; None if all do."""
        if not filters:
            return None
        rows = self._of_genres(filters.genres)
        years, counts = self.years[rows], self.rating_counts[rows]
        passed = np.ones(len(rows), dtype=bool)
        if filters.year_from is not None:
            passed &= years >= max(filters.year_from, UNKNOWN_YEAR + 1)
        if filters.year_to is not None:
            passed &= (years <= filters.year_to) & (years != UNKNOWN_YEAR)
        if filters.min_ratings is not None:
            passed &= counts >= filters.min_ratings
        return rows[passed]

    def _of_genres(self, genres: frozenset[int]) -> NDArray[np.int32]:
        rows = np.arange(len(self.years), dtype=np.int32)
        for position, genre in enumerate(sorted(genres)):
            of_genre = self.of_genre(genre)
            rows = np.intersect1d(rows, of_genre, assume_unique=True) if position else of_genre
        return rows

    def least_rated_genre(self, rated: NDArray[np.int32]) -> int | None:
        """Of the genres with a hundredth of all movies or more, the one with the fewest of those in `rated`."""
        sizes = np.diff(self.genre_bounds)
        large = np.flatnonzero(100 * sizes >= sizes.sum())
        if not len(large):
            return None
        is_rated = np.zeros(len(self.years), dtype=np.int64)
        is_rated[rated] = 1
        times = np.add.reduceat(is_rated[self.genre_movies], self.genre_bounds[:-1])
        return int(self.genre_ids[large[np.argmin(times[large])]])

    def of_genre(self, genre: int) -> NDArray[np.int32]:
        """The ordinals of a genre's movies, ascending; none if the genre is unknown."""
        return _members(self.genre_ids, self.genre_bounds, self.genre_movies, genre)

    def of_tag(self, tag: int) -> NDArray[np.int32]:
        """The ordinals of the movies with a tag, ascending; none if the tag is unknown or rare."""
        return _members(self.tag_ids, self.tag_bounds, self.tag_movies, tag)


def grouped(
    label_ids: NDArray[np.int64], ordinals: NDArray[np.int32], *, at_least: int = 1
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """Ids, bounds and movies of the labels on `at_least` movies, from pairs of label and movie in any order."""
    pairs = np.unique(np.stack([label_ids, ordinals.astype(np.int64)]), axis=1)
    ids, places, counts = np.unique(pairs[0], return_inverse=True, return_counts=True)
    common = counts >= at_least
    bounds = np.concatenate([[0], np.cumsum(counts[common])]).astype(np.int64)
    return ids[common].astype(np.int32), bounds, pairs[1][common[places]].astype(np.int32)


def _members(
    ids: NDArray[np.int32], bounds: NDArray[np.int64], movies: NDArray[np.int32], wanted: int
) -> NDArray[np.int32]:
    place = int(np.searchsorted(ids, wanted))
    if place == len(ids) or ids[place] != wanted:
        return np.empty(0, dtype=np.int32)
    return movies[bounds[place] : bounds[place + 1]]
