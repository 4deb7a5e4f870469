"""Facets of a version's movies for filtering and steering: years, rating counts, genres and tags."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.serving.filters import Filters

UNKNOWN_YEAR = 0


@dataclass(frozen=True)
class ItemFacets:
    """Columns by a movie's ordinal, and the ordinals of the movies of each genre and each common tag.

    `years` (n_items,) int16, 0 if unknown; `rating_counts` (n_items,) int32; `genre_ids` (n_genres,) int32,
    ascending. The movies of genre i are `genre_movies[genre_bounds[i]:genre_bounds[i + 1]]`, int32, ascending.
    Tags have the same layout.
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
        """Return the ordinals of the movies that pass the filters, ascending; None if there are no filters."""
        if not filters:
            return None
        ordinals = self._with_all_genres(filters.genres)
        years, counts = self.years[ordinals], self.rating_counts[ordinals]
        passed = np.ones(len(ordinals), dtype=bool)
        if filters.year_from is not None:
            passed &= years >= max(filters.year_from, UNKNOWN_YEAR + 1)
        if filters.year_to is not None:
            passed &= (years <= filters.year_to) & (years != UNKNOWN_YEAR)
        if filters.min_ratings is not None:
            passed &= counts >= filters.min_ratings
        return ordinals[passed]

    def _with_all_genres(self, genres: frozenset[int]) -> NDArray[np.int32]:
        ordinals = np.arange(len(self.years), dtype=np.int32)
        for position, genre in enumerate(sorted(genres)):
            of_genre = self.of_genre(genre)
            ordinals = np.intersect1d(ordinals, of_genre, assume_unique=True) if position else of_genre
        return ordinals

    def least_rated_genre(self, rated: NDArray[np.int32]) -> int | None:
        """Return the id of the genre with the fewest movies in `rated`.

        Genres with less than 1 % of all movie–genre pairs do not count; None if no genre is large enough.
        """
        sizes = np.diff(self.genre_bounds)
        large = np.flatnonzero(100 * sizes >= sizes.sum())
        if not len(large):
            return None
        is_rated = np.zeros(len(self.years), dtype=np.int64)
        is_rated[rated] = 1
        counts = np.add.reduceat(is_rated[self.genre_movies], self.genre_bounds[:-1])
        return int(self.genre_ids[large[np.argmin(counts[large])]])

    def of_genre(self, genre: int) -> NDArray[np.int32]:
        """Return the ordinals of a genre's movies, ascending; empty if the genre is unknown."""
        return _members(self.genre_ids, self.genre_bounds, self.genre_movies, genre)

    def of_tag(self, tag: int) -> NDArray[np.int32]:
        """Return the ordinals of the movies with a tag, ascending; empty if the tag is unknown or rare."""
        return _members(self.tag_ids, self.tag_bounds, self.tag_movies, tag)


def grouped(
    label_ids: NDArray[np.int64], ordinals: NDArray[np.int32], *, at_least: int = 1
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """Group (label, movie) pairs by label; keep labels on at least `at_least` movies.

    Returns label ids, bounds and ordinals as `ItemFacets` holds them. Pairs may come in any order and repeat.
    """
    pairs = np.unique(np.stack([label_ids, ordinals.astype(np.int64)]), axis=1)
    ids, positions, counts = np.unique(pairs[0], return_inverse=True, return_counts=True)
    common = counts >= at_least
    bounds = np.concatenate([[0], np.cumsum(counts[common])]).astype(np.int64)
    return ids[common].astype(np.int32), bounds, pairs[1][common[positions]].astype(np.int32)


def _members(
    ids: NDArray[np.int32], bounds: NDArray[np.int64], movies: NDArray[np.int32], label_id: int
) -> NDArray[np.int32]:
    position = int(np.searchsorted(ids, label_id))
    if position == len(ids) or ids[position] != label_id:
        return np.empty(0, dtype=np.int32)
    return movies[bounds[position] : bounds[position + 1]]
