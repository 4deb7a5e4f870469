"""Retraining, from the database to the active version, and what must not be published."""

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.support import worlds
from benchmarks.support.worlds import World
from movies.models import User
from movies.services import rate
from recommendations.models import Activation, ModelVersion, TrainingRun
from recommendations.serving import active
from recommendations.training import config as training_config
from recommendations.training import dataset, gate, pipeline, runs
from recommendations.training.gate import answers
from recommendations.versions import artifacts, registry

pytestmark = pytest.mark.database
Status = TrainingRun.Status


def a_run(**parameters: object) -> TrainingRun:
    return runs.request(parameters={"config": worlds.QUICK, **parameters})


def on_phase(phase: str, action: Callable[[], object]) -> runs.Listener:
    """A listener that acts when a phase begins."""

    def listen(name: str, share: float, message: str) -> None:
        if (name, message) == (phase, phase):
            action()

    return listen


def test_a_run_publishes_its_version(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # The smoke test runs in a child process, as outside the tests.
    monkeypatch.setattr(gate, "answers", answers)
    run = a_run()
    version = pipeline.retrain(run)
    assert run.status == Status.SUCCEEDED
    assert registry.active() == version
    assert (version.users, version.movies, version.ratings) == (80, 40, 1200)
    assert version.metrics["model"]["ndcg@10"] > version.metrics["popularity"]["ndcg@10"]
    assert version.metrics["EASE"].keys() == version.metrics["model"].keys()
    assert set(run.timings) == {"read", "trial", "evaluate", "train", "index", "judge", "publish"}
    manifest = artifacts.verify(artifacts.folder_of(version.name), version.manifest_sha256)
    assert manifest["data"]["watermark"] == max(world.people[-1].ratings.values_list("rated_at", flat=True)).isoformat()
    assert manifest["parameters"]["dimension"] == worlds.QUICK["dimension"]
    assert sorted(path.name for path in artifacts.root().iterdir()) == [version.name]


def test_a_second_version_is_compared_with_the_first(world: World, version: ModelVersion) -> None:
    second = pipeline.retrain(a_run())
    tests = {test["name"]: test for test in second.gate}
    assert set(tests) == {"popularity", "coverage", "smoke test", "champion", "churn", "index"}
    assert tests["champion"]["value"] == 0
    assert tests["churn"]["value"] == 1
    assert second.parent == version


def test_a_worse_version_is_refused_and_can_be_forced(world: World, version: ModelVersion) -> None:
    worse = {**worlds.QUICK, "epochs": 1, "learning_rate": 1e-6}
    run = a_run(config=worse)
    refused = pipeline.retrain(run)
    assert run.status == Status.REFUSED
    assert registry.active() == version
    assert "champion" in [test["name"] for test in refused.gate if not test["passed"]]
    forced = pipeline.retrain(a_run(config=worse, force=True))
    assert registry.active() == forced
    assert Activation.objects.all()[0].forced
    registry.activate(refused)
    assert Activation.objects.all()[0].forced


def test_a_rating_given_during_the_training_is_not_lost(world: World) -> None:
    visitor = User.objects.create(username="ada")
    listener = on_phase("train", lambda: rate(user=visitor, movie=world.space[0], half_stars=10))
    pipeline.retrain(a_run(), listener)
    assert visitor.ratings.count() == 1


def test_a_user_deleted_during_the_training_is_not_in_the_version(world: World) -> None:
    deleted = world.people[3].pk
    version = pipeline.retrain(a_run(), on_phase("train", User.objects.get(pk=deleted).delete))
    model = active.open_version(version)
    assert deleted not in model.embeddings.user_ids
    assert len(model.embeddings.user_ids) == len(model.fingerprints) == len(model.holdout_ndcg) == 79


def test_a_cancelled_run_publishes_nothing(world: World) -> None:
    run = a_run()
    with pytest.raises(runs.RunCancelledError):
        pipeline.retrain(run, on_phase("train", lambda: runs.cancel(run)))
    assert run.status == Status.CANCELLED
    assert registry.active() is None
    assert not list(artifacts.root().iterdir())


def test_a_run_taken_for_dead_publishes_nothing(world: World) -> None:
    run = a_run()

    def bury() -> None:
        TrainingRun.objects.filter(pk=run.pk).update(status=Status.FAILED, error="taken for dead")

    with pytest.raises(runs.RunLostError):
        pipeline.retrain(run, on_phase("publish", bury))
    assert (run.status, run.error) == (Status.FAILED, "taken for dead")
    assert not ModelVersion.objects.exists()
    assert not list(artifacts.root().iterdir())


def test_an_activation_during_a_run_is_not_undone(world: World, version: ModelVersion) -> None:
    second = pipeline.retrain(a_run())
    run = a_run()
    with pytest.raises(runs.RunLostError, match="another version was activated"):
        pipeline.retrain(run, on_phase("publish", lambda: registry.activate(version)))
    assert registry.active() == version
    assert run.status == Status.FAILED
    assert {path.name for path in artifacts.root().iterdir()} == {version.name, second.name}


def test_a_full_disk_is_a_clear_failure(world: World, version: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    run = a_run()
    with pytest.raises(OSError, match="No space left"):
        pipeline.retrain(run)
    assert run.status == Status.FAILED
    assert "No space left on device" in run.error
    assert registry.active() == version
    assert [path.name for path in artifacts.root().iterdir()] == [version.name]


@pytest.mark.django_db
def test_missing_ratings_are_a_clear_failure() -> None:
    run = a_run()
    with pytest.raises(pipeline.NotEnoughDataError, match="load_movielens"):
        pipeline.retrain(run)
    assert run.status == Status.FAILED


@pytest.mark.parametrize("config", [{"epoch": 3}, {"epochs": 0}, {"epochs": "three"}])
def test_an_invalid_parameter_is_named(config: dict[str, object]) -> None:
    with pytest.raises(training_config.ConfigError, match="epoch"):
        training_config.configured(config)


def test_old_versions_are_pruned_but_not_those_in_use(
    world: World, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "KEPT_VERSIONS", 1)
    second, third = (pipeline.retrain(a_run()) for _ in range(2))
    assert {path.name for path in artifacts.root().iterdir()} == {second.name, third.name}
    version.refresh_from_db()
    with pytest.raises(registry.VersionError, match="removed"):
        registry.activate(version)


@pytest.mark.slow
def test_a_version_that_crashes_its_process_is_refused(world: World, version: ModelVersion) -> None:
    folder = artifacts.folder_of(version.name)
    assert answers(folder).passed
    index = folder / "movies.ann"
    index.write_bytes(index.read_bytes()[: -len(index.read_bytes()) // 2])
    assert not answers(folder).passed


def test_reading_is_complete(world: World) -> None:
    data = dataset.read()
    assert len(data.interactions) == world.people[0].ratings.model.objects.count()
    assert data.facets.genre_ids.tolist() == sorted(genre.pk for genre in world.genres.values())
    assert np.array_equal(data.facets.rating_counts, data.interactions.counts)


def test_the_learning_curve_of_the_trial_is_kept(world: World) -> None:
    config = {"dimension": 6, "fits": 1, "fit_dimension": 4, "max_epochs": 5, "threads": 1}
    version = pipeline.retrain(runs.request(parameters={"config": config}))
    manifest = artifacts.verify(artifacts.folder_of(version.name), version.manifest_sha256)
    epochs = list(dict.fromkeys(point["epoch"] for point in manifest["history"]))
    assert epochs in ([1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5])
    assert version.parameters["epochs"] in epochs
    assert version.parameters["ease_weight"] in {point["ease_weight"] for point in manifest["history"]}
