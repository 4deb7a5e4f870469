"""Whether a new version is fit to replace the one that serves.

The challenger and the champion were each judged by a trial: trained without the latest ratings of each user, who
then were ranked.  For users whose ratings have not changed in between, both trials had the same slice held out,
so the difference per user is a fair one.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.evaluation.bootstrap import interval
from recommendations.serving.model import ServingModel

COVERED_AT_LEAST = 0.005
RECALL_AT_LEAST = 0.95
SHARED_AT_LEAST = 0.1
SAMPLE = 200
FEWEST_TO_COMPARE = 20
SMOKE_SECONDS = 300
"""On a new and busy machine most of it goes to compiling what later processes find ready."""
SMOKE_TEST = "import sys; from recommendations.serving.smoke_test import main; main(sys.argv[1])"


@dataclass(frozen=True)
class Test:
    """One question of the gate: `value` was held against `bound`, and `detail` says it in words."""

    name: str
    passed: bool
    value: float | None
    bound: float | None
    detail: str


def beats_popularity(model: float, popularity: float) -> Test:
    """Better lists than those that are the same for everybody."""
    passed = model > popularity or model == popularity == 0
    return Test("popularity", passed, model, popularity, f"NDCG@10 {model:.4f}, of popularity {popularity:.4f}")


def covers(coverage: float) -> Test:
    """Not the same few movies for everybody."""
    detail = f"{coverage:.1%} of the movies are in somebody's first ten, {COVERED_AT_LEAST:.1%} wanted"
    return Test("coverage", coverage >= COVERED_AT_LEAST, coverage, COVERED_AT_LEAST, detail)


def recalls(recall: float) -> Test:
    """The approximate index finds what the exact ranker finds."""
    detail = f"recall@10 of the index {recall:.3f}, {RECALL_AT_LEAST} wanted"
    return Test("index", recall >= RECALL_AT_LEAST, recall, RECALL_AT_LEAST, detail)


def not_worse(challenger: ServingModel, champion: ServingModel) -> Test:
    """Not worse than the champion on the slices that both had held out (paired bootstrap over users)."""
    new, old = _paired(challenger, champion)
    if len(new) < FEWEST_TO_COMPARE:
        detail = f"only {len(new)} users have the same latest ratings as then; {champion.name} cannot be compared"
        return Test("champion", True, None, None, detail)
    difference = new - old
    _, low, high = interval(difference)
    detail = f"NDCG@10 {new.mean():.4f}, of {champion.name} {old.mean():.4f}: {difference.mean():+.4f} "
    detail += f"[{low:+.4f}, {high:+.4f}] on {len(new)} users; refused if the whole interval is below 0"
    return Test("champion", high >= 0, float(difference.mean()), 0.0, detail)


def keeps_lists(challenger: ServingModel, champion: ServingModel) -> Test:
    """Visitors find again some of what they were shown yesterday."""
    shared = shared_lists(challenger, champion)
    if not len(shared):
        return Test("churn", True, None, None, f"no user is in both {challenger.name} and {champion.name}")
    value = float(shared.mean())
    detail = f"{value:.0%} of the first ten are the same as of {champion.name}, {SHARED_AT_LEAST:.0%} wanted"
    return Test("churn", value >= SHARED_AT_LEAST, value, SHARED_AT_LEAST, detail)


def answers(folder: Path) -> Test:
    """A child process opens the version, maps its indexes and asks it something: a crash is the child's."""
    command = [sys.executable, "-c", SMOKE_TEST, str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SMOKE_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return Test("smoke test", False, None, None, f"no answer within {SMOKE_SECONDS} s")
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        return Test("smoke test", False, None, None, said)
    return Test("smoke test", True, None, None, "a process of its own opened it and got true answers")


def shared_lists(one: ServingModel, other: ServingModel, n: int = 10, sample: int = SAMPLE) -> NDArray[np.float64]:
    """For some users of both versions, the share of the first n movies that both recommend."""
    users = np.intersect1d(one.embeddings.user_ids, other.embeddings.user_ids, assume_unique=True)
    users = users[:: max(1, len(users) // sample)][:sample]
    lists = [_lists(model, users, n) for model in (one, other)]
    return np.array([len(np.intersect1d(a, b)) / n for a, b in zip(*lists, strict=True)])


def _lists(model: ServingModel, users: NDArray[np.int64], n: int) -> list[NDArray[np.int64]]:
    vectors = model.embeddings.users[model.users.ordinals(users)]
    return [model.ids(model.ranker.rank(vector, n).ordinals) for vector in vectors]


def _paired(one: ServingModel, other: ServingModel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """NDCG@10 in both trials of the users who were judged in both on the same ratings."""
    users = np.intersect1d(one.embeddings.user_ids, other.embeddings.user_ids, assume_unique=True)
    places = [model.users.ordinals(users) for model in (one, other)]
    same = one.fingerprints[places[0]] == other.fingerprints[places[1]]
    new, old = one.holdout_ndcg[places[0]], other.holdout_ndcg[places[1]]
    judged = same & np.isfinite(new) & np.isfinite(old)
    return new[judged].astype(np.float64), old[judged].astype(np.float64)
