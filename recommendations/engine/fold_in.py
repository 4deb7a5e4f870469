"""A vector for somebody from their ratings alone, against frozen item vectors, without training."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommendations.engine.interactions import Interactions
from recommendations.engine.splitting import places_by_age, rank_within_users

RIDGE = 0.03
"""Penalty of the map from ratings to trained vectors, as a share of the mean square of what is mapped."""
FADE = 0.3
"""How much less than the newest of somebody's ratings the oldest counts.

More would foretell still better what somebody likes next, and worse what else they have liked at any time.
"""
SHORT = (1, 2, 4, 8)
"""Numbers of ratings that a map of short histories is learned for."""
SHORT_RIDGE = 0.02
DRAWN = 0.5
"""How far a short history is drawn towards what the regression says of it, from what a long one would say.

All the way, lists for one like are nearly the same for everybody.  Half the way they are as accurate, and half as
many movies again are in them (held-out users inside the training parts of ml-100k and ml-latest-small).
"""
BOLDNESS = 2.0
"""How much more one rating counts than that; with more of them it falls to 1 for a long history.

What is likely of somebody of whom little is known is what is likely of everybody.  Twice the rest costs some of the
accuracy for one like and hardly any for five, and a tenth to a third more movies are in the lists (in the same folds).
"""
DRAWS, HISTORIES = 10, 20_000
"""Short histories drawn of each user, and of all together, for each of these maps."""

DISLIKE = -0.05
"""What a rating of 2 stars or less counts: little, for what people chose to see tells more than that it failed; but
it shall be seen that they said so."""


def rating_weights(so_so: float, grade: float) -> NDArray[np.float32]:
    """(11,) float32: what a rating counts by its half stars.

    Likes are 1 − `grade` for 4 stars, 1 for 4.5 and 1 + `grade` for 5; 3 and 3.5 stars are `so_so` times the first
    and the last of these, 2.5 stars nothing, and up to 2 stars `DISLIKE`.
    """
    less, more = 1 - grade, 1 + grade
    return np.array((0, *[DISLIKE] * 4, 0, so_so * less, so_so * more, less, 1, more), np.float32)


@dataclass(frozen=True, eq=False)
class FoldIn:
    """u = prior_n + Σ w(half stars) · (1 − FADE · place / n) · row(item) · map_n / √n.

    Linear in the ratings, given how many count (n) and the place of each, the newest at 0.  So every rating's part
    of the vector, and of each score, is exact.

    The less somebody has told, the nearer they are to what most people like: map_n and prior_n lie between those of
    long histories and the regression of whole histories' vectors on n ratings drawn from them (`DRAWN`), and map_n is
    made larger (`BOLDNESS`).  They are learned for no rating, for the numbers in `SHORT` and for long histories, from
    twice the last of these numbers on; between two of them they are interpolated along log n.

    Attributes
    ----------
    rows : (n_items, d + 2) float32
        What an item brings to the vector of somebody with a long history who likes it; 0 in the last column.
    weights : (11,) float32
        By half stars; 0 is no rating, and ratings of weight 0 do not count.
    priors : (k, d + 2) float32
        By length of history, with 1 in the last column; the first is the vector of somebody without ratings.
    maps : (k, d + 2, d + 2) float32
        The last is the identity.
    """

    rows: NDArray[np.float32]
    weights: NDArray[np.float32]
    priors: NDArray[np.float32]
    maps: NDArray[np.float32]

    def vector(self, ordinals: ArrayLike, half_stars: ArrayLike, timestamps: ArrayLike) -> NDArray[np.float32]:
        """`[u, b_u, 1]` of somebody with these ratings.

        Parameters
        ----------
        ordinals : (m,) int
            Items rated; m may be 0.
        half_stars : (m,) int
            1 … 10.
        timestamps : (m,) int
            Of any origin: their order counts.  Where it is unknown, all alike.

        Returns
        -------
        (d + 2,) float32
        """
        told = self._told(ordinals, half_stars, timestamps).sum(axis=0, dtype=np.float64)
        return np.asarray(self.prior(half_stars) + told @ self._between(self.maps, half_stars), np.float32)

    def prior(self, half_stars: ArrayLike) -> NDArray[np.float32]:
        """(d + 2,) float32: the part of the vector that no rating is to be credited with."""
        return self._between(self.priors, half_stars)

    def contributions(self, ordinals: ArrayLike, half_stars: ArrayLike, timestamps: ArrayLike) -> NDArray[np.float32]:
        """What each rating adds to the prior; the parameters of `vector`, one row of (m, d + 2) float32 a rating.

        Raises
        ------
        ValueError
            When a rating is not 1 … 10 half stars, or of an item outside the catalogue.
        """
        return self._told(ordinals, half_stars, timestamps) @ self._between(self.maps, half_stars)

    def vectors(self, interactions: Interactions) -> NDArray[np.float32]:
        """`vector` of every user of `interactions`; (n_users, d + 2) float32."""
        told = weighted(interactions, self.weights) @ self.rows
        places = _places(counting(interactions, self.weights), len(self.maps))
        vectors = np.zeros_like(told)
        for place, (prior, linear) in enumerate(zip(self.priors, self.maps, strict=True)):
            share = np.maximum(1 - np.abs(places - place), 0)[:, None].astype(np.float32)
            near = share[:, 0] > 0
            vectors[near] += share[near] * (prior + told[near] @ linear)
        return vectors

    def _told(self, ordinals: ArrayLike, half_stars: ArrayLike, timestamps: ArrayLike) -> NDArray[np.float32]:
        ordinals, half_stars, timestamps = (np.asarray(one, np.int64) for one in (ordinals, half_stars, timestamps))
        if not len(ordinals) == len(half_stars) == len(timestamps):
            lengths = len(ordinals), len(half_stars), len(timestamps)
            raise ValueError("{} items, {} ratings and {} times are given; they must agree".format(*lengths))
        if len(ordinals) and not (ordinals.min() >= 0 and ordinals.max() < len(self.rows)):
            raise ValueError(f"a rating is of an item outside 0 … {len(self.rows) - 1}")
        if len(ordinals) and not (half_stars.min() >= 1 and half_stars.max() <= 10):
            raise ValueError("a rating is outside 1 … 10 half stars")
        shares = self.weights[half_stars]
        counts = shares != 0
        shares[counts] = _shares(shares[counts], np.zeros(np.count_nonzero(counts), np.int64), timestamps[counts])
        return self.rows[ordinals] * shares[:, None]

    def _between(self, values: NDArray[np.float32], half_stars: ArrayLike) -> NDArray[np.float32]:
        n = np.count_nonzero(self.weights[np.asarray(half_stars, np.int64)])
        place = float(_places(np.array([n]), len(values))[0])
        lower, share = int(place), np.float32(place % 1)
        return values[lower] if not share else values[lower] * (1 - share) + values[lower + 1] * share

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        users: NDArray[np.float32],
        items: NDArray[np.float32],
        weights: NDArray[np.float32],
    ) -> Self:
        """The linear map from item vectors to trained user vectors, by ridge regression on the trained users.

        Parameters
        ----------
        interactions : Interactions
            What the users were trained on.
        users, items : (n, d + 1) float32
            `[u, b_u]` and `[v, b_v]`.
        weights : (11,) float32
            What a rating counts by its half stars.
        """
        rated = np.diff(interactions.indptr) > 0
        linear, prior = _regression((weighted(interactions, weights) @ items)[rated], users[rated], RIDGE)
        width = items.shape[1] + 1
        priors = np.append(prior, 1).astype(np.float32)[None]
        return cls(_padded(items @ linear), weights, priors, np.eye(width, dtype=np.float32)[None])

    def joined(self, rows: NDArray[np.float32], to: NDArray[np.float64]) -> Self:
        """The fold-in of a model joined with one whose fold-in is linear, after both were mapped together.

        Parameters
        ----------
        rows : (n_items, e) float32
            What an item brings to the other model's vector.
        to : (d + e, c) float64
            What vectors of this model beside vectors of the other (without biases) are multiplied by.
        """
        brought = np.column_stack([self.rows[:, :-2], rows]) @ to
        prior = np.concatenate([self.priors[-1, :-2], np.zeros(rows.shape[1])]) @ to
        return replace(
            self,
            rows=np.column_stack([brought, self.rows[:, -2:]]).astype(np.float32),
            priors=np.concatenate([prior, self.priors[-1, -2:]]).astype(np.float32)[None],
            maps=np.eye(to.shape[1] + 2, dtype=np.float32)[None],
        )

    def with_short_histories(self, interactions: Interactions, users: NDArray[np.float32], *, seed: int = 0) -> Self:
        """The same with what a few ratings tell, learned from ratings drawn out of the trained users' histories.

        Parameters
        ----------
        interactions : Interactions
            What the users were trained on.
        users : (n_users, d + 1) float32
            `[u, b_u]`.
        seed : int
            Of the draws.
        """
        random = np.random.default_rng(seed)
        lengths = counting(interactions, self.weights)
        chosen = np.zeros(len(lengths), bool)
        chosen[random.permutation(np.flatnonzero(lengths))[:HISTORIES]] = True
        counts = chosen[interactions.user_ordinals] & (self.weights[interactions.half_stars] != 0)
        counted = interactions.where(counts)
        mean = users[chosen].mean(axis=0, dtype=np.float64) if chosen.any() else np.zeros(users.shape[1])
        pairs = [(np.zeros((len(mean), len(mean))), mean)]
        for n in SHORT:
            able = np.flatnonzero(chosen & (lengths >= n))
            draws = max(1, min(DRAWS, HISTORIES // max(len(able), 1)))
            told = [self._drawn(counted, n, random)[able] for _ in range(draws)]
            pairs.append(_regression(np.concatenate(told), np.tile(users[able], (draws, 1)), SHORT_RIDGE))
        maps = np.zeros((len(pairs) + 1, *self.maps.shape[1:]), np.float32)
        maps[:-1, :-1, :-1], maps[-1] = [linear for linear, _ in pairs], self.maps[-1]
        priors = np.vstack([_padded(np.array([prior for _, prior in pairs]), 1), self.priors[-1:]])
        for of in (maps, priors):
            of[1:-1] = DRAWN * of[1:-1] + (1 - DRAWN) * of[-1]
        maps[1:] *= np.geomspace(BOLDNESS, 1, len(maps) - 1, dtype=np.float32)[:, None, None]
        return replace(self, priors=priors, maps=maps)

    def _drawn(self, counted: Interactions, n: int, random: np.random.Generator) -> NDArray[np.float32]:
        """(n_users, d + 1) float32: what n ratings of each user tell, drawn at random."""
        drawn = counted.where(rank_within_users(counted, random.random(len(counted))) < n)
        told: NDArray[np.float32] = weighted(drawn, self.weights) @ self.rows[:, :-1]
        return told

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` needs, to be kept with a version."""
        return {"rows": self.rows, "weights": self.weights, "priors": self.priors, "maps": self.maps}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The reverse of `arrays`."""
        return cls(arrays["rows"], arrays["weights"], arrays["priors"], arrays["maps"])


def counting(interactions: Interactions, weights: NDArray[np.float32]) -> NDArray[np.int64]:
    """(n_users,) int64: how many ratings of each user have a weight."""
    counts = weights[interactions.half_stars] != 0
    return np.bincount(interactions.user_ordinals[counts], minlength=interactions.n_users).astype(np.int64)


def weighted(interactions: Interactions, weights: NDArray[np.float32]) -> Any:
    """(n_users, n_items) csr_matrix of `_shares` of the ratings that have a weight."""
    counted = interactions.where(weights[interactions.half_stars] != 0)
    shares = _shares(weights[counted.half_stars], counted.user_ordinals, counted.timestamps)
    return counted.matrix(shares)


def _shares(
    weights: NDArray[np.float32], user_ordinals: NDArray[np.integer], timestamps: NDArray[np.integer]
) -> NDArray[np.float32]:
    """(n,) float32: w · (1 − `FADE` · place / n) / √n, from the newest rating at place 0 to the oldest.

    Parameters
    ----------
    weights : (n,) float32
        None 0.
    user_ordinals : (n,) int
        Ascending.
    timestamps : (n,) int
    """
    n = np.bincount(user_ordinals)[user_ordinals]
    fresh = 1 - FADE * places_by_age(user_ordinals, timestamps) / n
    return (weights * fresh / np.sqrt(n)).astype(np.float32)


def _places(counts: NDArray[np.integer], n_maps: int) -> NDArray[np.float64]:
    """Where histories of these lengths stand among the maps: 0 for none, then 1 + log₂ n, to the last at most."""
    places = np.where(counts > 0, 1 + np.log2(np.maximum(counts, 1)), 0)
    return np.minimum(places, n_maps - 1)


def _regression(
    told: NDArray[np.floating], trained: NDArray[np.floating], ridge: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The linear map (c, c) from the rows of `told` to those of `trained`, both (m, c), and its intercept (c,)."""
    if not len(told):
        return np.zeros((told.shape[1], trained.shape[1])), np.zeros(trained.shape[1])
    told, trained = told.astype(np.float64), trained.astype(np.float64)
    mean_told, mean_trained = told.mean(axis=0), trained.mean(axis=0)
    told, trained = told - mean_told, trained - mean_trained
    gram = told.T @ told
    gram[np.diag_indices_from(gram)] += ridge * max(gram.trace() / len(gram), 1e-12)
    linear = np.linalg.solve(gram, told.T @ trained)
    return linear, mean_trained - mean_told @ linear


def _padded(vectors: NDArray[np.floating], last: float = 0) -> NDArray[np.float32]:
    return np.column_stack([vectors, np.full(len(vectors), last)]).astype(np.float32)
