"""One list for several people that is fair to all of them.

With u_m(i) in 0 … 1 what movie i is worth to member m, and D(m) what the movies chosen so far bring to m, each
divided by log2(1 + place), the next movie is the one with the greatest

    (1 − MISERY) · Σ_m log(ε + D(m) + u_m(i) / log2(1 + place)) / members + MISERY · min_m u_m(i)

The first term is Nash's product, greedily: a movie for whoever has got little so far counts most, so that everybody
is served early and none pays for the others (as in Sacharidis, "Top-N group recommendations with fairness", 2019).
The second keeps away what one member would dislike.
"""

import numpy as np
from numpy.typing import NDArray

MISERY = 0.5
EPSILON = 0.1
"""ε: how little counts as nothing."""


def worth(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Scores of one scale per member, made comparable: the share of the candidates that a member likes less.

    Parameters
    ----------
    scores : (n_members, n_candidates) float
        Each row in a unit of its own.

    Returns
    -------
    (n_members, n_candidates) float64
        0 for a member's last candidate, 1 for the first; equal scores get equal shares.
    """
    ordered = np.sort(scores, axis=1)
    below = [np.searchsorted(row, values, side="left") for row, values in zip(ordered, scores, strict=True)]
    return np.array(below, dtype=np.float64).reshape(scores.shape) / max(scores.shape[1] - 1, 1)


def fair_order(worths: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """Choose k candidates by the formula above.

    Parameters
    ----------
    worths : (n_members, n_candidates) float64
        0 … 1, as from `worth`.
    k : int
        How many are wanted; there are fewer where there are fewer candidates.

    Returns
    -------
    (min(k, n_candidates),) intp
        Places of the chosen, best first; of equals the first.
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
