"""Fair group recommendations: one list for several members, by greedy Nash welfare and least misery.

u_m(i) in 0 … 1 is the utility of movie i for member m, and D(m) is the sum of utilities of the movies chosen so far,
each divided by log2(1 + rank). The next movie maximizes

    (1 − MISERY) · Σ_m log(ε + D(m) + u_m(i) / log2(1 + rank)) / members + MISERY · min_m u_m(i)

The first term is greedy Nash welfare: a movie counts most for the member who has received least so far, so that every
member is served early and none at the expense of the others (as in Sacharidis, "Top-N group recommendations with
fairness", 2019). The second term, least misery, avoids movies that one member would dislike.
"""

import numpy as np
from numpy.typing import NDArray

MISERY = 0.5
EPSILON = 0.1
"""ε: the utility added to every member's sum, so that its logarithm is finite."""


def worth(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Make scores comparable between members: the share of the candidates that a member likes less.

    Parameters
    ----------
    scores : (n_members, n_candidates) float
        Each row on a scale of its own.

    Returns
    -------
    (n_members, n_candidates) float64
        0 for a member's last candidate, 1 for the first; equal scores get equal values.
    """
    ordered = np.sort(scores, axis=1)
    below = [np.searchsorted(row, values, side="left") for row, values in zip(ordered, scores, strict=True)]
    return np.array(below, dtype=np.float64).reshape(scores.shape) / max(scores.shape[1] - 1, 1)


def fair_order(worths: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """Choose k candidates by the formula above.

    Parameters
    ----------
    worths : (n_members, n_candidates) float64
        Utilities in 0 … 1, as from `worth`.
    k : int
        Length of the list; it is shorter when there are fewer candidates.

    Returns
    -------
    (min(k, n_candidates),) intp
        Column indices of the chosen candidates, best first; among equals, the first.
    """
    members, candidates = worths.shape
    received = np.zeros((members, 1))
    misery = MISERY * worths.min(axis=0)
    available = np.ones(candidates, dtype=bool)
    chosen = np.empty(min(k, candidates), np.intp)
    for rank in range(len(chosen)):
        gain = worths / np.log2(2 + rank)
        fairness = np.log(EPSILON + received + gain).mean(axis=0)
        best = int(np.argmax(np.where(available, (1 - MISERY) * fairness + misery, -np.inf)))
        chosen[rank] = best
        available[best] = False
        received += gain[:, [best]]
    return chosen
