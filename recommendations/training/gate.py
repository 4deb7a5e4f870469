"""The gate: checks that a new version must pass to replace the active one.

A trial evaluated both the challenger and the champion: a model trained without each user's latest ratings ranked
them. For users whose ratings have not changed since, both trials held out the same ratings, so the difference per
user is a fair comparison.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from recommendations.engine.evaluation.bootstrap import interval
from recommendations.serving.model import ServingModel

MIN_COVERAGE = 0.005
MIN_RECALL = 0.95
MIN_SHARED = 0.1
SAMPLE = 200
MIN_USERS = 20
SMOKE_SECONDS = 300
"""On a new or busy machine most of it is compilation, whose results later processes reuse."""
SMOKE_TEST = "import sys; from recommendations.serving.smoke_test import main; main(sys.argv[1])"


@dataclass(frozen=True)
class GateCheck:
    """The result of one check: `value` compared with the threshold `bound`, and `detail` in words."""

    name: str
    passed: bool
    value: float | None
    bound: float | None
    detail: str


def beats_popularity(model: float, popularity: float) -> GateCheck:
    """Check that the model ranks better than popularity, which gives every user the same list."""
    passed = model > popularity or model == popularity == 0
    return GateCheck("popularity", passed, model, popularity, f"NDCG@10 {model:.4f}, popularity {popularity:.4f}")


def covers(coverage: float) -> GateCheck:
    """Check that not all users get the same few movies."""
    detail = f"{coverage:.1%} of the movies are in at least one top ten; at least {MIN_COVERAGE:.1%} required"
    return GateCheck("coverage", coverage >= MIN_COVERAGE, coverage, MIN_COVERAGE, detail)


def recalls(recall: float) -> GateCheck:
    """Check that the approximate index returns what the exact ranker returns."""
    detail = f"recall@10 of the index {recall:.3f}; at least {MIN_RECALL} required"
    return GateCheck("index", recall >= MIN_RECALL, recall, MIN_RECALL, detail)


def not_worse(challenger: ServingModel, champion: ServingModel) -> GateCheck:
    """Check that the challenger is not worse on the ratings that both held out (paired bootstrap over users)."""
    new, old = _paired(challenger, champion)
    if len(new) < MIN_USERS:
        detail = f"cannot compare with {champion.name}: only {len(new)} users have unchanged ratings"
        return GateCheck("champion", True, None, None, detail)
    difference = new - old
    _, low, high = interval(difference)
    detail = f"NDCG@10 {new.mean():.4f}, {champion.name} {old.mean():.4f}: {difference.mean():+.4f} "
    detail += f"[{low:+.4f}, {high:+.4f}] on {len(new)} users; refused if the whole interval is below 0"
    return GateCheck("champion", high >= 0, float(difference.mean()), 0.0, detail)


def keeps_lists(challenger: ServingModel, champion: ServingModel) -> GateCheck:
    """Check that members still see some of the movies that they were shown before."""
    shared = shared_lists(challenger, champion)
    if not len(shared):
        return GateCheck("churn", True, None, None, f"no user is in both {challenger.name} and {champion.name}")
    value = float(shared.mean())
    detail = f"{value:.0%} of the top ten are shared with {champion.name}; at least {MIN_SHARED:.0%} required"
    return GateCheck("churn", value >= MIN_SHARED, value, MIN_SHARED, detail)


def answers(folder: Path) -> GateCheck:
    """Smoke-test the version in a child process, so that a crash does not end this one.

    The child finds the project from any current folder, and imports from the same paths as this process.
    """
    command = [sys.executable, "-c", SMOKE_TEST, str(folder.resolve())]
    try:
        child = subprocess.run(  # noqa: S603
            command,
            cwd=settings.BASE_DIR,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)},
            capture_output=True,
            text=True,
            timeout=SMOKE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return GateCheck("smoke test", False, None, None, f"no answer within {SMOKE_SECONDS} s")
    if child.returncode:
        error = (child.stderr.strip().splitlines() or [f"exited with {child.returncode}"])[-1]
        return GateCheck("smoke test", False, None, None, error)
    return GateCheck("smoke test", True, None, None, "a child process opened it and got correct answers")


def shared_lists(one: ServingModel, other: ServingModel, n: int = 10, sample: int = SAMPLE) -> NDArray[np.float64]:
    """Return for a sample of users in both versions the share of the top n that both recommend, (users,) float64."""
    users = np.intersect1d(one.embeddings.user_ids, other.embeddings.user_ids, assume_unique=True)
    users = users[:: max(1, len(users) // sample)][:sample]
    lists = [_lists(model, users, n) for model in (one, other)]
    return np.array([len(np.intersect1d(a, b)) / n for a, b in zip(*lists, strict=True)])


def _lists(model: ServingModel, users: NDArray[np.int64], n: int) -> list[NDArray[np.int64]]:
    vectors = model.embeddings.users[model.users.ordinals(users)]
    return [model.ids(model.ranker.rank(vector, n).ordinals) for vector in vectors]


def _paired(one: ServingModel, other: ServingModel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return NDCG@10 in both trials for the users whom both evaluated on the same ratings."""
    users = np.intersect1d(one.embeddings.user_ids, other.embeddings.user_ids, assume_unique=True)
    in_one, in_other = (model.users.ordinals(users) for model in (one, other))
    same_ratings = one.fingerprints[in_one] == other.fingerprints[in_other]
    new, old = one.holdout_ndcg[in_one], other.holdout_ndcg[in_other]
    comparable = same_ratings & np.isfinite(new) & np.isfinite(old)
    return new[comparable].astype(np.float64), old[comparable].astype(np.float64)
