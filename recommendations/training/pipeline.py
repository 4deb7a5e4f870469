"""Retrain: read the database, train, evaluate, write artifacts, pass the gate and publish a version."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

import numpy as np
from django.db import DatabaseError
from django.utils import timezone
from numpy.typing import NDArray

from movies.models import User
from recommendations.engine.data.presets import MAX_TRIAL_RATINGS, MAX_TRIAL_USERS, sample_users
from recommendations.engine.data.splits import Split, split_by_user_time
from recommendations.engine.evaluation.baselines import ease_alone
from recommendations.engine.evaluation.evaluate import Evaluation, evaluate, popularity, scorer_of
from recommendations.engine.models.rating_calibration import Calibration, calibrate
from recommendations.engine.models.rating_prediction import RatingPredictor
from recommendations.engine.models.trained_model import TrainedModel
from recommendations.engine.ranking.annoy_tuning import IndexPlan
from recommendations.engine.reranking.similarity import directions
from recommendations.models import ModelVersion, TrainingRun
from recommendations.serving.model import ServingModel
from recommendations.training import gate, implicit, runs
from recommendations.training.dataset import Data, read
from recommendations.training.trainers import Trainer, trainer_of
from recommendations.training.writer import ModelOutputs, pack
from recommendations.versions import artifacts, registry, storage

logger = logging.getLogger(__name__)

LIBRARIES = ("annoy", "numba", "numpy", "scipy")


class NotEnoughDataError(Exception):
    """There are too few ratings to train on."""


@dataclass(frozen=True)
class Trial:
    """A model trained without each user's latest ratings, evaluated on them beside simpler models."""

    trained: TrainedModel[Any]
    model: Evaluation
    popularity: Evaluation
    ease: Evaluation
    stars: Calibration

    @property
    def metrics(self) -> dict[str, Any]:
        errors = {name: error._asdict() for name, error in self.stars.errors.items()}
        return {
            "model": self.model.metrics,
            "popularity": self.popularity.metrics,
            "EASE": self.ease.metrics,
            "stars": errors,
        }


def retrain(run: TrainingRun, listener: runs.Listener = lambda *_: None) -> ModelVersion:
    """Claim a run, train, evaluate and publish. The run's row records how it ended in any case.

    Raises
    ------
    RunInProgressError, RunCancelledError, RunLostError
        As in `runs`.
    Exception
        Any error that made the run fail; the active version keeps serving.
    """
    runs.claim(run)
    owner = runs.Owner(run, listener)
    artifacts.discard_other_staging(runs.staging_owner(run))
    try:
        with owner.heartbeat(), artifacts.staging(runs.staging_owner(run)) as folder:
            version = _train_and_publish(owner, folder)
        owner.summarise()
    except runs.RunLostError as reason:
        logger.warning("Run %s publishes nothing: %s", run.pk, reason)
        owner.end(TrainingRun.Status.FAILED, str(reason))
        raise
    except (runs.RunCancelledError, KeyboardInterrupt) as stop:
        owner.end(TrainingRun.Status.CANCELLED, str(stop) or "Interrupted.")
        raise
    except BaseException as error:
        logger.exception("Run %s failed during “%s”", run.pk, run.phase)
        owner.end(TrainingRun.Status.FAILED, f"{type(error).__name__}: {error}")
        raise
    finally:
        run.refresh_from_db()
    for pruned in registry.prune():
        logger.info("Removed the files of version %s.", pruned)
    return version


def _train_and_publish(owner: runs.Owner, folder: Path) -> ModelVersion:
    trainer = trainer_of(owner.run.parameters)
    parent = registry.active()
    with owner.phase("read"):
        data = read(owner.run.parameters.get("ratings"))
        if not len(data.interactions):
            raise NotEnoughDataError("There are no ratings to learn from; load some with `manage.py load_movielens`.")
    trial = _run_trial(owner, data, trainer)
    with owner.phase("train"):
        trainer = trainer.for_everything(trial.trained, len(data.interactions))
        interactions = implicit.as_likes(data.interactions)
        trained = trainer.train(interactions, data.features, progress=_progress_reporter(owner))
        trained = implicit.with_likes_at(trained, implicit.only_half_stars(data.interactions))
    with owner.phase("index"):
        # The connection may have died during the training.
        runs.renew_connection()
        outputs = ModelOutputs(data, trained, trial.stars.stars, _holdout_ndcg(data, trial))
        plan = pack(folder, outputs, _existing_users(data))
    with owner.phase("judge"):
        checks = [*_check_gate(folder, trial, parent), gate.recalls(plan.recall_at_10)]
    with owner.phase("publish"):
        return _publish(owner, folder, parent, checks, _details(owner, outputs, trial, plan, trainer))


def _run_trial(owner: runs.Owner, data: Data, trainer: Trainer[Any]) -> Trial:
    """Train without each user's latest ratings, and evaluate the model on them."""
    sample = sample_users(data.interactions, MAX_TRIAL_RATINGS)
    split = split_by_user_time(implicit.as_likes(sample))
    if not len(split.test) and not owner.run.parameters.get("force"):
        most = int(np.diff(data.interactions.indptr).max())
        raise NotEnoughDataError(
            f"No user has rated more than {most} {'movies' if most > 1 else 'movie'}, so nothing can be held out "
            "to judge a model by. Load ratings of users who rated at least 3 movies, or publish untested with --force."
        )
    with owner.phase("trial"):
        trained = trainer.train(split.train, data.features, progress=_progress_reporter(owner))
    with owner.phase("evaluate"):
        model = evaluate(scorer_of(trained.embeddings), split, max_users=MAX_TRIAL_USERS)
        popular, ease = (
            evaluate(scorer, split, max_users=MAX_TRIAL_USERS)
            for scorer in (
                popularity(split.train),
                ease_alone(split.train, trained.config.ease, trained.config.weights),
            )
        )
        stars = (
            calibrate(split, directions(trained.embeddings.items, trained.fold_in.periods))
            if len(split.test) and implicit.only_half_stars(sample) is None
            else _uncalibrated(split_by_user_time(sample))
        )
        return Trial(trained, model, popular, ease, stars)


def _uncalibrated(split: Split) -> Calibration:
    """Return a star predictor without measured errors, where none is held out or all ratings have the same stars."""
    return Calibration(RatingPredictor.of(split.train), {})


def _holdout_ndcg(data: Data, trial: Trial) -> NDArray[np.float32]:
    """Return each user's NDCG@10 in the trial, (n_users,) float32, NaN for users whom it did not evaluate."""
    ndcg = np.full(data.interactions.n_users, np.nan, dtype=np.float32)
    ndcg[trial.model.users] = trial.model.per_user["ndcg@10"]
    return ndcg


def _progress_reporter(owner: runs.Owner) -> Callable[[str, int, int], None]:
    return lambda step, done, total: owner.progress(done / max(total, 1), f"{step} {done} of {total}")


def _existing_users(data: Data) -> NDArray[np.bool_]:
    """Mark the users who were not deleted during the training, (n_users,) bool."""
    user_ids = np.fromiter(User.objects.order_by("pk").values_list("pk", flat=True), dtype=np.int64)
    return np.isin(data.interactions.users.ids, user_ids, assume_unique=True)


def _check_gate(folder: Path, trial: Trial, parent: ModelVersion | None) -> list[gate.GateCheck]:
    checks = [
        gate.beats_popularity(trial.model.metrics["ndcg@10"], trial.popularity.metrics["ndcg@10"]),
        gate.covers(trial.model.metrics["coverage@10"]),
        gate.answers(folder),
    ]
    champion = _champion(parent)
    if champion is None or not checks[-1].passed:
        return checks
    challenger = ServingModel.open(folder, {})
    return [*checks, gate.not_worse(challenger, champion), gate.keeps_lists(challenger, champion)]


def _champion(parent: ModelVersion | None) -> ServingModel | None:
    """Open the version to be replaced; None if there is none or its files are unusable: then any version is better."""
    if parent is None:
        return None
    try:
        return ServingModel.open(*storage.ready(parent.name, parent.manifest_sha256))
    except artifacts.ArtifactError as error:
        logger.warning("The new version is not compared with %s: %s", parent, error)
        return None


def _details(
    owner: runs.Owner, outputs: ModelOutputs, trial: Trial, plan: IndexPlan, trainer: Trainer[Any]
) -> dict[str, Any]:
    """Return the manifest's details of a version."""
    return {
        "created_at": timezone.now().isoformat(timespec="seconds"),
        "run": owner.run.pk,
        "parameters": {"trainer": trainer.name, **asdict(outputs.model.config)},
        "dimension": outputs.model.embeddings.dimension,
        "data": outputs.data.summary(),
        "metrics": trial.metrics,
        "index": asdict(plan),
        "history": trial.trained.history,
        "seconds": owner.timings,
        "libraries": {name: library_version(name) for name in (*LIBRARIES, *trainer.libraries)},
    }


def _publish(
    owner: runs.Owner, folder: Path, parent: ModelVersion | None, checks: list[gate.GateCheck], details: dict[str, Any]
) -> ModelVersion:
    name = runs.version_name(owner.run, timezone.now())
    digest = artifacts.seal(folder, details)
    try:
        version = _record(owner, folder, parent, checks, details, name=name, digest=digest)
    except BaseException:
        _discard_unrecorded(name)
        raise
    if version is None:
        storage.discard(name)
        raise runs.RunLostError(
            f"Run {owner.run.pk} was ended, or another version was activated, while it was running."
        )
    return version


def _record(
    owner: runs.Owner,
    folder: Path,
    parent: ModelVersion | None,
    checks: list[gate.GateCheck],
    details: dict[str, Any],
    *,
    name: str,
    digest: str,
) -> ModelVersion | None:
    """Move the sealed folder to its name, share it, and record the version; None if the run is lost."""
    artifacts.publish(folder, name)
    storage.put(name)
    return registry.publish(
        owner.run,
        parent,
        name=name,
        manifest_sha256=digest,
        size=artifacts.size_of(artifacts.folder_of(name)),
        gate=[asdict(check) for check in checks],
        parameters=details["parameters"],
        metrics=details["metrics"] | {"index": details["index"]},
        dimension=details["dimension"],
        **{key: details["data"][key] for key in ("users", "movies", "ratings")},
    )


def _discard_unrecorded(name: str) -> None:
    """Remove the files of a version whose publication failed, here and in the store, unless its row was written."""
    try:
        runs.renew_connection()
        recorded = ModelVersion.objects.filter(name=name).exists()
    except DatabaseError as error:
        logger.warning("The files of version %s stay: whether it was recorded is unknown: %s", name, error)
        return
    if not recorded:
        storage.discard(name)
