"""Interactions: ratings in CSR form with id maps, and fingerprints that detect a changed history."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

HALF_STARS = range(1, 11)
DENSE_FACTOR = 4
"""Largest ratio of the id range to the number of ids for which a lookup table is faster than a search."""


@dataclass(frozen=True, eq=False)
class IdMap:
    """Map between ids of users or items and their ordinals.

    Attributes
    ----------
    ids : (n,) int64
        Ascending and unique; the ordinal of an id is its index here.

    Raises
    ------
    ValueError
        When the ids are not a one-dimensional, ascending array of unique int64.
    """

    ids: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.ids.ndim != 1 or self.ids.dtype != np.int64:
            raise ValueError(
                f"ids have {self.ids.ndim} dimensions and dtype {self.ids.dtype}; give one column of int64"
            )
        if (np.diff(self.ids) <= 0).any():
            raise ValueError("ids must be ascending and unique; IdMap.of() sorts them")

    @classmethod
    def of(cls, ids: ArrayLike) -> Self:
        """Build the map of `ids`, given in any order; repetitions are allowed."""
        values = np.asarray(ids, dtype=np.int64)
        if values.size and values.min() >= 0 and values.max() <= DENSE_FACTOR * values.size:
            return cls(np.flatnonzero(np.bincount(values)))
        return cls(np.unique(values))

    def __len__(self) -> int:
        return len(self.ids)

    def ordinals(self, ids: ArrayLike, missing: Literal["raise", "drop", "mark"] = "raise") -> NDArray[np.int32]:
        """Look up the ordinals of `ids`.

        Parameters
        ----------
        ids : (m,) int
        missing : {"raise", "drop", "mark"}
            How to treat an id that is not in the map: raise a KeyError, drop it, or mark it with the ordinal −1.

        Returns
        -------
        (m,) int32, or shorter when ids were dropped
        """
        requested = np.asarray(ids, dtype=np.int64)
        ordinals = self._lookup(requested)
        known = ordinals >= 0
        if missing == "raise" and not known.all():
            raise KeyError(f"{np.count_nonzero(~known)} ids are unknown, the first is {requested[~known][0]}")
        return ordinals[known] if missing == "drop" else ordinals

    def _lookup(self, requested: NDArray[np.int64]) -> NDArray[np.int32]:
        """(m,) int32: the ordinals, −1 for unknown ids."""
        if not len(self.ids):
            return np.full(requested.shape, -1, np.int32)
        last = int(self.ids[-1])
        if self.ids[0] >= 0 and last <= DENSE_FACTOR * requested.size:
            table = np.full(last + 2, -1, np.int32)
            table[self.ids] = np.arange(len(self.ids), dtype=np.int32)
            return table[np.where((requested < 0) | (requested > last), last + 1, requested)]
        positions = np.minimum(np.searchsorted(self.ids, requested), len(self.ids) - 1)
        return np.where(self.ids[positions] == requested, positions, -1).astype(np.int32)


@dataclass(frozen=True, eq=False)
class Interactions:
    """Ratings with timestamps in CSR form: one row per user, ordered by item within each row.

    Attributes
    ----------
    users, items : IdMap
        Rows and columns. Either may contain ids without ratings: new users, cold movies.
    indptr : (n_users + 1,) int64
        User u's ratings are those from `indptr[u]` to `indptr[u + 1]`.
    ordinals : (n,) int32
        Item ordinals, ascending within each user.
    half_stars : (n,) int8
        1 … 10.
    timestamps : (n,) int64
        Unix seconds.

    Raises
    ------
    ValueError
        When the columns do not match in length, or a rating is not 1 … 10 half stars.
    """

    users: IdMap
    items: IdMap
    indptr: NDArray[np.int64]
    ordinals: NDArray[np.int32]
    half_stars: NDArray[np.int8]
    timestamps: NDArray[np.int64]

    def __post_init__(self) -> None:
        lengths = {len(self.ordinals), len(self.half_stars), len(self.timestamps), int(self.indptr[-1])}
        if len(lengths) > 1 or len(self.indptr) != len(self.users) + 1:
            raise ValueError(f"the columns have lengths {sorted(lengths)} for {len(self.users)} users; they must agree")
        if len(self.half_stars) and not (self.half_stars.min() >= 1 and self.half_stars.max() <= 10):
            raise ValueError("a rating is outside 1 … 10 half stars")
        if len(self.ordinals) and not (self.ordinals.min() >= 0 and self.ordinals.max() < len(self.items)):
            raise ValueError("a rating is of an item outside the catalogue")

    @classmethod
    def from_columns(
        cls,
        user_ids: ArrayLike,
        item_ids: ArrayLike,
        half_stars: ArrayLike,
        timestamps: ArrayLike,
        *,
        users: IdMap | None = None,
        items: IdMap | None = None,
    ) -> Self:
        """Build from four columns of equal length, in any order.

        Parameters
        ----------
        user_ids, item_ids : (n,) int
        half_stars : (n,) int
            1 … 10.
        timestamps : (n,) int
            Unix seconds.
        users, items : IdMap, optional
            All users and the whole catalogue; by default the ids that occur in the columns.

        Raises
        ------
        KeyError
            When an id is not in the given map.
        ValueError
            When the columns differ in length, a user rated an item twice, or a rating is not 1 … 10 half stars.
        """
        columns = _checked(user_ids, item_ids, half_stars, timestamps)
        users = users or IdMap.of(columns[0])
        items = items or IdMap.of(columns[1])
        cells = users.ordinals(columns[0]).astype(np.int64) * len(items) + items.ordinals(columns[1])
        steps = np.diff(cells)
        if (steps <= 0).any():
            order = np.argsort(cells, kind="stable")
            cells, columns = cells[order], [column[order] for column in columns]
            if (np.diff(cells) == 0).any():
                raise ValueError("a user rated the same item twice; keep the latest rating only")
        counts = np.bincount(cells // max(len(items), 1), minlength=len(users))
        return cls(
            users,
            items,
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            (cells % max(len(items), 1)).astype(np.int32),
            columns[2].astype(np.int8),
            columns[3].astype(np.int64),
        )

    def __len__(self) -> int:
        return len(self.ordinals)

    @property
    def n_users(self) -> int:
        return len(self.users)

    @property
    def n_items(self) -> int:
        return len(self.items)

    @cached_property
    def user_ordinals(self) -> NDArray[np.int32]:
        """(n,) int32: the user ordinal of each rating."""
        return np.repeat(np.arange(self.n_users, dtype=np.int32), np.diff(self.indptr))

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(n_items,) int64: the number of ratings of each item."""
        return np.bincount(self.ordinals, minlength=self.n_items).astype(np.int64)

    def row(self, user: int) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
        """Return the item ordinals and half stars of the user with ordinal `user`."""
        own = slice(self.indptr[user], self.indptr[user + 1])
        return self.ordinals[own], self.half_stars[own]

    def where(self, keep: NDArray[np.bool_]) -> Self:
        """Return the ratings selected by the mask `keep` (n,), with the same users and items."""
        kept = np.concatenate([[0], np.cumsum(keep)])
        return type(self)(
            self.users,
            self.items,
            kept[self.indptr].astype(np.int64),
            self.ordinals[keep],
            self.half_stars[keep],
            self.timestamps[keep],
        )

    def matrix(self, values: NDArray[np.float32]) -> csr_matrix:
        """(n_users, n_items) csr_matrix with `values` (n,) at the ratings' positions; zeros are not stored."""
        matrix = csr_matrix((values, self.ordinals, self.indptr), shape=(self.n_users, self.n_items), copy=True)
        matrix.eliminate_zeros()
        return matrix


def fingerprint(item_ids: ArrayLike, half_stars: ArrayLike) -> int:
    """Compute a 64-bit fingerprint of a set of ratings, independent of their order.

    Parameters
    ----------
    item_ids : (m,) int
    half_stars : (m,) int

    Returns
    -------
    int
        0 without ratings.
    """
    return int(_mix(item_ids, half_stars).sum(dtype=np.uint64))


def fingerprints(interactions: Interactions) -> NDArray[np.uint64]:
    """(n_users,) uint64: the `fingerprint` of every user's ratings."""
    ids = interactions.items.ids[interactions.ordinals]
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(_mix(ids, interactions.half_stars), dtype=np.uint64)])
    return sums[interactions.indptr[1:]] - sums[interactions.indptr[:-1]]


def _mix(item_ids: ArrayLike, half_stars: ArrayLike) -> NDArray[np.uint64]:
    """SplitMix64's finalizer (Steele, Lea, Flood 2014) of each rating; uint64 wraps around."""
    mixed = np.asarray(item_ids, dtype=np.int64).astype(np.uint64) * np.uint64(16)
    mixed += np.asarray(half_stars, dtype=np.int64).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _checked(*arrays: ArrayLike) -> list[NDArray[Any]]:
    """Return user ids, item ids, half stars and timestamps as arrays, after checking shapes and the rating range."""
    columns = [np.asarray(array) for array in arrays]
    if len({column.shape for column in columns}) > 1:
        raise ValueError(f"the columns have shapes {[column.shape for column in columns]}; they must agree")
    half_stars = columns[2]
    if half_stars.size and not (half_stars.min() >= 1 and half_stars.max() <= 10):
        raise ValueError("a rating is outside 1 … 10 half stars")
    return columns
