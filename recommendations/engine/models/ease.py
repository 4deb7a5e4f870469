"""EASE in closed form: items foretold by the other items of a person's row, as vectors.

EASE (Steck, "Embarrassingly shallow autoencoders for sparse data", 2019) is B = I − P / diag(P) with
P = (XᵀX + Λ)⁻¹.  With the singular vectors R and values s of XΛ^−½ and f = s² / (s² + 1),

    P = Λ^−½ (I − R f Rᵀ) Λ^−½

so for movies outside a person's row, the only ones that are recommended, the score x · B is a dot product of
x Λ^−½ R f with an item's row of R, scaled.  No items-by-items matrix is formed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array, vstack

from recommendations.engine.data.features import IDENTITY, ItemFeatures
from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.rating_weights import weighted_ratings
from recommendations.engine.models.factors import Factors, without_biases

EXACT_SIZE = 1500
"""Up to so many users or items all singular vectors are taken, and the closed form is exact."""
RANK = 256
"""Of the singular vectors that are taken of more."""
OVERSAMPLING, POWER_ITERATIONS = 32, 3


@dataclass(frozen=True)
class EaseSettings:
    """How EASE is fitted.

    Attributes
    ----------
    ridge, popularity_ridge : float
        Penalties: Λ of an item is `ridge + popularity_ridge` times the sum of the squares in its column.
    length_power : float
        A row with n entries counts (n / median n)^−length_power, so that those who have rated most do not say most of
        what goes together.
    features : float
        What a feature of items counts: it is one more row, as if somebody had rated the items that have it (Jeunen, Van
        Balen and Goethals, "Closed-form models for collaborative filtering with side-information", 2020).
    """

    ridge: float
    popularity_ridge: float
    length_power: float = 0.0
    features: float = 0.0


@dataclass(frozen=True, eq=False)
class Ease:
    """
    Attributes
    ----------
    factors : Factors
        Of the users and items given; no biases.
    rows : (n_items, d) float32
        `fold_in.weighted(ratings, weights) @ rows` are the users' vectors.
    """

    factors: Factors
    rows: NDArray[np.float32]


def ease(
    interactions: Interactions,
    weights: NDArray[np.float32],
    settings: EaseSettings,
    features: ItemFeatures | None = None,
    *,
    seed: int = 0,
) -> Ease:
    """Fit to all ratings.

    Parameters
    ----------
    interactions : Interactions
    weights : (11,) float32
        What a rating counts by its half stars: in its user's vector and, where it is no dislike, as an entry of X.
    settings : EaseSettings
    features : ItemFeatures, optional
        Of the same items.
    seed : int
        Of the random projection that finds the singular vectors of large data.
    """
    rows, items = solve(training_matrix(interactions, weights, settings, features), settings, seed=seed)
    users = (weighted_ratings(interactions, weights) @ rows).astype(np.float32)
    return Ease(Factors(without_biases(users), {IDENTITY: without_biases(items)}), rows)


def training_matrix(
    interactions: Interactions,
    weights: NDArray[np.float32],
    settings: EaseSettings,
    features: ItemFeatures | None = None,
) -> csr_matrix:
    """X, (n_users + n_features, n_items) float32: likes by user, and a row for each feature of the items."""
    matrix = _weight_by_length(
        interactions.matrix(np.maximum(weights, 0)[interactions.half_stars]), settings.length_power
    )
    if features is None or not settings.features:
        return matrix
    return csr_matrix(vstack([matrix, features.beside_identity.T * np.float32(settings.features)]), dtype=np.float32)


def solve(
    matrix: csr_matrix, settings: EaseSettings, *, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Two matrices (n_items, r) whose product rows · itemsᵀ is B, but for its diagonal; `matrix` is X."""
    squares = np.asarray(matrix.multiply(matrix).sum(axis=0), np.float64).ravel()
    roots = np.sqrt(settings.ridge + settings.popularity_ridge * squares)
    values, vectors = _singular_vectors(csr_matrix(matrix @ diags_array(1 / roots)), seed)
    kept = values**2 / (values**2 + 1)
    diagonal = np.maximum(1 - vectors**2 @ kept, 1e-9)
    rows = (vectors * kept / roots[:, None]).astype(np.float32)
    return rows, (vectors * (roots / diagonal)[:, None]).astype(np.float32)


def _weight_by_length(matrix: csr_matrix, power: float) -> csr_matrix:
    lengths = np.diff(matrix.indptr)
    if not (power and lengths.any()):
        return matrix
    shares = (np.maximum(lengths, 1) / np.median(lengths[lengths > 0])) ** -power
    return csr_matrix(diags_array(shares.astype(np.float32)) @ matrix)


def _singular_vectors(matrix: csr_matrix, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The largest singular values (r,) of a matrix, and its right singular vectors (n_columns, r)."""
    n_users, n_items = matrix.shape
    if n_users <= min(EXACT_SIZE, n_items):
        squares, left = np.linalg.eigh((matrix @ matrix.T).toarray().astype(np.float64))
        positive = squares > 1e-9 * squares.max(initial=0)
        values = np.sqrt(squares[positive])
        return values, matrix.T @ left[:, positive] / values
    if n_items <= EXACT_SIZE:
        squares, vectors = np.linalg.eigh((matrix.T @ matrix).toarray().astype(np.float64))
        return np.sqrt(np.maximum(squares, 0)), vectors
    return _leading_singular_vectors(matrix, seed)


def _leading_singular_vectors(matrix: csr_matrix, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By subspace iteration (Halko, Martinsson and Tropp 2011)."""
    n_columns = min(RANK + OVERSAMPLING, *matrix.shape)
    basis = np.random.default_rng(seed).standard_normal((matrix.shape[1], n_columns), dtype=np.float32)
    for _ in range(POWER_ITERATIONS):
        basis, _ = np.linalg.qr(matrix.T @ (matrix @ basis))
    projected = matrix @ basis
    squares, vectors = np.linalg.eigh((projected.T @ projected).astype(np.float64))
    best = np.argsort(-squares)[:RANK]
    return np.sqrt(np.maximum(squares[best], 0)), basis @ vectors[:, best]
