"""Measures of lists beyond their accuracy: how known, how alike and how true to somebody's taste the movies are.

`lists` (m, k) int holds item ordinals, best first; every function gives one number per user.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array

from recommendations.engine.evaluation.accuracy import PerUser

Lists = NDArray[np.int32]
SMOOTHING = 0.01
"""Share of the taste that is mixed into a list's genres, so that a missing one does not cost infinitely much."""


def novelty(lists: Lists, counts: NDArray[np.integer], n_users: int) -> PerUser:
    """Mean surprise in bits, −log₂ of the share of people who know a movie (Vargas and Castells 2011).

    Parameters
    ----------
    lists : (m, k) int
    counts : (n_items,) int
        How many people rated each movie; one that nobody rated counts as known to one.
    n_users : int
    """
    bits = np.log2(max(n_users, 1) / np.maximum(counts, 1))
    return bits[lists].mean(axis=1)


def popularity_lift(lists: Lists, profiles: csr_matrix, counts: NDArray[np.integer]) -> PerUser:
    """How much better known a list is than what its user had rated: 0 as much, 1 twice (Abdollahpouri et al. 2019).

    Parameters
    ----------
    lists : (m, k) int
    profiles : (m, n_items) csr_matrix
        What each user had rated.
    counts : (n_items,) int
        How many people rated each movie.
    """
    own = csr_matrix((np.ones(profiles.nnz), profiles.indices, profiles.indptr), shape=profiles.shape)
    sizes = np.maximum(np.diff(own.indptr), 1)
    profile_popularity = np.asarray(own @ counts.astype(np.float64)).ravel() / sizes
    list_popularity = counts[lists].mean(axis=1)
    return np.divide(
        list_popularity - profile_popularity, profile_popularity, out=np.zeros(len(lists)), where=profile_popularity > 0
    )


def diversity(lists: Lists, labels: csr_matrix) -> PerUser:
    """1 − the mean cosine between the genres of two movies of a list (intra-list diversity, Ziegler et al. 2005).

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
    """Divergence (Kullback–Leibler) of a list's genres from those that its user had liked (Steck 2018); 0 is best.

    Parameters
    ----------
    lists : (m, k) int
    profiles : (m, n_items) csr_matrix
        What each user had liked.
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
