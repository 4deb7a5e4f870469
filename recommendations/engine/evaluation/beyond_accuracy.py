"""Beyond-accuracy metrics of lists: novelty, popularity lift, diversity and miscalibration.

`lists` (m, k) int holds item ordinals, best first; every function returns one number per user.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array

from recommendations.engine.evaluation.accuracy import PerUser

Lists = NDArray[np.int32]
SMOOTHING = 0.01
"""Share of the user's taste mixed into a list's genre distribution, so that a missing genre's divergence is finite."""


def novelty(lists: Lists, counts: NDArray[np.integer], n_users: int) -> PerUser:
    """Mean self-information in bits, −log₂ of the share of users who know a movie (Vargas and Castells 2011).

    Parameters
    ----------
    lists : (m, k) int
    counts : (n_items,) int
        Number of ratings of each movie; a movie without ratings counts as known to one user.
    n_users : int
    """
    bits = np.log2(max(n_users, 1) / np.maximum(counts, 1))
    return bits[lists].mean(axis=1)


def popularity_lift(lists: Lists, profiles: csr_matrix, counts: NDArray[np.integer]) -> PerUser:
    """Relative popularity of a list compared with the user's ratings: 0 is equal, 1 double (Abdollahpouri et al. 2019).

    Parameters
    ----------
    lists : (m, k) int
    profiles : (m, n_items) csr_matrix
        Ratings of each user.
    counts : (n_items,) int
        Number of ratings of each movie.
    """
    own = csr_matrix((np.ones(profiles.nnz), profiles.indices, profiles.indptr), shape=profiles.shape)
    sizes = np.maximum(np.diff(own.indptr), 1)
    profile_popularity = np.asarray(own @ counts.astype(np.float64)).ravel() / sizes
    list_popularity = counts[lists].mean(axis=1)
    return np.divide(
        list_popularity - profile_popularity, profile_popularity, out=np.zeros(len(lists)), where=profile_popularity > 0
    )


def diversity(lists: Lists, labels: csr_matrix) -> PerUser:
    """1 − the mean cosine between the genres of a list's movies (intra-list diversity, Ziegler et al. 2005).

    Parameters
    ----------
    lists : (m, k) int
    labels : (n_items, n_labels) csr_matrix
    """
    k = lists.shape[1]
    if k < 2:
        return np.zeros(len(lists))
    lengths = np.sqrt(np.asarray(labels.multiply(labels).sum(axis=1), np.float64)).ravel()
    unit = csr_matrix(diags_array(np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)) @ labels)
    sums = _list_matrix(lists, len(lengths)) @ unit
    alike = np.asarray(sums.multiply(sums).sum(axis=1), np.float64).ravel()
    own = (lengths[lists] > 0).sum(axis=1)
    return 1 - (alike - own) / (k * (k - 1))


def miscalibration(lists: Lists, profiles: csr_matrix, labels: csr_matrix) -> PerUser:
    """Kullback–Leibler divergence of a list's genres from those of the user's likes (Steck 2018); 0 is best.

    Parameters
    ----------
    lists : (m, k) int
    profiles : (m, n_items) csr_matrix
        Likes of each user.
    labels : (n_items, n_labels) csr_matrix
    """
    shares = _normalize_rows(labels)
    taste = _normalize_rows(csr_matrix(profiles @ shares)).toarray()
    offered = _normalize_rows(csr_matrix(_list_matrix(lists, labels.shape[0]) @ shares)).toarray()
    mixed = (1 - SMOOTHING) * offered + SMOOTHING * taste
    terms = np.zeros_like(taste)
    positive = taste > 0
    terms[positive] = taste[positive] * np.log2(taste[positive] / mixed[positive])
    return terms.sum(axis=1)


def _list_matrix(lists: Lists, n_items: int) -> csr_matrix:
    indptr = np.arange(len(lists) + 1) * lists.shape[1]
    return csr_matrix((np.ones(lists.size), lists.ravel(), indptr), shape=(len(lists), n_items))


def _normalize_rows(matrix: Any) -> csr_matrix:
    sums = np.asarray(matrix.sum(axis=1), np.float64).ravel()
    return csr_matrix(diags_array(np.divide(1, sums, out=np.zeros_like(sums), where=sums > 0)) @ matrix)
