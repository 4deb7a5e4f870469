"""EASE in closed form, factored into user and item vectors.

EASE (Steck, "Embarrassingly shallow autoencoders for sparse data", 2019) is B = I − P / diag(P) with
P = (XᵀX + Λ)⁻¹. With the singular vectors R and values s of XΛ^−½ and f = s² / (s² + 1),

    P = Λ^−½ (I − R f Rᵀ) Λ^−½

The score x · B of a movie outside a user's row, the only kind that is recommended, is therefore a dot product of
x Λ^−½ R f with the item's scaled row of R. No items-by-items matrix is formed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array, vstack

from recommendations.engine.data.features import IDENTITY, ItemFeatures
from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.rating_weights import weighted_ratings
from recommendations.engine.models.factors import Factors, with_zero_biases

EXACT_SIZE = 1500
"""Largest number of users or items for which all singular vectors are computed and the closed form is exact."""
RANK = 256
"""Number of leading singular vectors that are computed for larger data."""
OVERSAMPLING, POWER_ITERATIONS = 32, 3


@dataclass(frozen=True)
class EaseSettings:
    """Parameters of EASE.

    Attributes
    ----------
    ridge, popularity_ridge : float
        Ridge penalties: Λ of an item is `ridge` plus `popularity_ridge` times the sum of squares in its column.
    length_power : float
        A row with n entries is scaled by (n / median n)^−length_power, so that users with the longest histories do not
        dominate the co-occurrences.
    features : float
        Weight of item features: each feature adds a row, as if a user had rated the items that have it (Jeunen, Van
        Balen and Goethals, "Closed-form models for collaborative filtering with side-information", 2020).
    """

    ridge: float
    popularity_ridge: float
    length_power: float = 0.0
    features: float = 0.0


@dataclass(frozen=True, eq=False)
class Ease:
    """A fitted EASE model.

    Attributes
    ----------
    factors : Factors
        Factors of the given users and items; the biases are 0.
    rows : (n_items, d) float32
        `rating_weights.weighted_ratings(interactions, weights) @ rows` are the users' vectors.
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
    """Fit EASE to all ratings.

    Parameters
    ----------
    interactions : Interactions
    weights : (11,) float32
        Weights of ratings by half stars: in the user's vector and, unless negative, as an entry of X.
    settings : EaseSettings
    features : ItemFeatures, optional
        Features of the same items.
    seed : int
        Seed of the random projection that finds the singular vectors of large data.
    """
    rows, items = solve(training_matrix(interactions, weights, settings, features), settings, seed=seed)
    users = (weighted_ratings(interactions, weights) @ rows).astype(np.float32)
    return Ease(Factors(with_zero_biases(users), {IDENTITY: with_zero_biases(items)}), rows)


def training_matrix(
    interactions: Interactions,
    weights: NDArray[np.float32],
    settings: EaseSettings,
    features: ItemFeatures | None = None,
) -> csr_matrix:
    """X, (n_users + n_features, n_items) csr_matrix of float32: a row of likes per user and a row per item feature."""
    matrix = _weight_by_length(
        interactions.matrix(np.maximum(weights, 0)[interactions.half_stars]), settings.length_power
    )
    if features is None or not settings.features:
        return matrix
    return csr_matrix(vstack([matrix, features.beside_identity.T * np.float32(settings.features)]), dtype=np.float32)


def solve(
    matrix: csr_matrix, settings: EaseSettings, *, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return float32 `rows` and `items` (n_items, r): rows · itemsᵀ is B except on its diagonal; `matrix` is X."""
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
    """Singular values (r,) of a matrix in no fixed order, and its right singular vectors (n_columns, r)."""
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
    """The leading singular values and vectors by subspace iteration (Halko, Martinsson and Tropp 2011)."""
    n_columns = min(RANK + OVERSAMPLING, *matrix.shape)
    basis = np.random.default_rng(seed).standard_normal((matrix.shape[1], n_columns), dtype=np.float32)
    for _ in range(POWER_ITERATIONS):
        basis, _ = np.linalg.qr(matrix.T @ (matrix @ basis))
    projected = matrix @ basis
    squares, vectors = np.linalg.eigh((projected.T @ projected).astype(np.float64))
    best = np.argsort(-squares)[:RANK]
    return np.sqrt(np.maximum(squares[best], 0)), basis @ vectors[:, best]
