"""Contract tests that every trainer must pass."""

import shutil
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytest_django import Settings

from recommendations.engine.data.interactions import IdMap, Interactions
from recommendations.engine.data.splits import Split
from recommendations.engine.evaluation.evaluate import evaluate, popularity, scorer_of
from recommendations.engine.models.spark_als import AlsConfig
from recommendations.engine.models.trained_model import TrainedModel
from recommendations.engine.training import TrainingConfig
from recommendations.training import spark, trainers
from recommendations.training.config import ConfigError
from recommendations.training.spark import SparkTrainer
from recommendations.training.trainers import LightFMTrainer, Trainer
from tests.support.engine_data import checkerboard, plain_features
from tests.support.environment import missing, needs_spark

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("spark")]

TRAINERS: dict[str, Trainer[Any]] = {
    "lightfm": LightFMTrainer(TrainingConfig(dimension=8, fits=2, epochs=60)),
    "lightfm explicit": LightFMTrainer(TrainingConfig(feedback="explicit", dimension=8, fits=2, epochs=60)),
    "spark": SparkTrainer(AlsConfig(dimension=8, epochs=4, blocks=2)),
    "spark explicit": SparkTrainer(AlsConfig(feedback="explicit", dimension=8, epochs=4, blocks=2)),
}
Model = TrainedModel[Any]


def world() -> tuple[Interactions, Interactions]:
    """The checkerboard with one more user and one more item, both without ratings."""
    known, held_out = checkerboard()
    users, items = IdMap.of([*known.users.ids, 9_999]), IdMap.of([*known.items.ids, 8_888])

    def widened(part: Interactions) -> Interactions:
        columns = part.users.ids[part.user_ordinals], part.items.ids[part.ordinals], part.half_stars, part.timestamps
        return Interactions.from_columns(*columns, users=users, items=items)

    return widened(known), widened(held_out)


@pytest.fixture(scope="module", params=TRAINERS)
def trained(request: pytest.FixtureRequest) -> tuple[Model, list[tuple[str, int, int]]]:
    trainer = TRAINERS[request.param]
    if trainer.name == "spark":
        needs_spark()
    reports: list[tuple[str, int, int]] = []
    known, _ = world()
    return trainer.train(known, plain_features(known), progress=lambda *step: reports.append(step)), reports


@pytest.fixture
def model(trained: tuple[Model, object]) -> Model:
    return trained[0]


def test_it_learns_the_checkerboard(model: Model) -> None:
    split = Split(*world())
    metrics = evaluate(scorer_of(model.embeddings), split).metrics
    assert metrics["recall@10"] > 0.95
    assert metrics["recall@10"] > evaluate(popularity(split.train), split).metrics["recall@10"] + 0.1


def test_embeddings_are_of_the_ids_that_were_given(model: Model) -> None:
    known, _ = world()
    assert np.array_equal(model.embeddings.user_ids, known.users.ids)
    assert np.array_equal(model.embeddings.item_ids, known.items.ids)
    assert model.embeddings.dimension == model.config.dimension


def test_the_parts_of_an_item_add_up_to_it(model: Model) -> None:
    total = np.sum(list(model.item_parts.values()), axis=0)
    items = model.embeddings.items
    assert total == pytest.approx(np.column_stack([items[:, :-2], items[:, -1]]), abs=1e-5)


@pytest.mark.parametrize("parity", [0, 1])
def test_a_new_user_is_folded_in(model: Model, parity: int) -> None:
    liked = np.array([2, 6, 12]) + parity
    scores = model.embeddings.items @ model.fold_in.vector(liked, [10, 9, 8], [1, 1, 1])
    order = [item for item in np.argsort(-scores) if item not in liked]
    assert {item % 2 for item in order[:10]} == {parity}


def test_a_user_without_ratings_has_the_vector_of_a_new_user(model: Model) -> None:
    assert model.embeddings.users[-1] == pytest.approx(model.fold_in.base([], []), abs=1e-6)


def test_an_unrated_item_is_never_ranked_first(model: Model) -> None:
    scores = model.embeddings.users[:-1] @ model.embeddings.items.T
    assert (scores.argmax(axis=1) != len(model.embeddings.items) - 1).all()


def test_progress_is_reported(trained: tuple[Model, list[tuple[str, int, int]]]) -> None:
    assert all(0 <= done <= total for _, done, total in trained[1])
    assert trained[1]


@pytest.mark.parametrize("name", ["lightfm", "spark"])
def test_training_without_likes_is_refused(name: str) -> None:
    ratings = Interactions.from_columns([1, 2], [1, 2], [2, 2], [0, 0])
    with pytest.raises(ValueError, match="nothing to learn from"):
        TRAINERS[name].train(ratings, plain_features(ratings))


@pytest.mark.parametrize("name", TRAINERS)
def test_features_of_another_catalogue_are_refused(name: str) -> None:
    known, _ = world()
    with pytest.raises(ValueError, match="features of 30 items and ratings of 31"):
        TRAINERS[name].train(known, plain_features(checkerboard()[0]))


def test_many_epochs_do_not_overflow_javas_stack() -> None:
    needs_spark()
    known, _ = world()
    trainer = SparkTrainer(AlsConfig(dimension=4, epochs=25, blocks=2))
    assert np.isfinite(trainer.train(known, plain_features(known)).embeddings.items).all()


@pytest.mark.parametrize("name", ["lightfm", "spark"])
def test_the_progress_callback_can_stop_a_training(name: str) -> None:
    class StoppedError(Exception):
        pass

    def stop(step: str, done: int, total: int) -> None:
        if done:
            raise StoppedError

    if name == "spark":
        needs_spark()
    known, _ = world()
    with pytest.raises(StoppedError):
        TRAINERS[name].train(known, plain_features(known), progress=stop)


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        ("spark", {"loss": "warp"}, "Unknown: loss"),
        ("spark", {"epochs": 0}, "epochs"),
        ("spark", {"feedback": "both"}, "implicit or explicit"),
        ("spark", {"ridge": -1}, "ridge"),
        ("lightfm", {"confidence": 4}, "Unknown: confidence"),
        ("sparks", {}, "Unknown trainer 'sparks'. The trainers are lightfm and spark"),
    ],
)
@pytest.mark.django_db
def test_an_invalid_parameter_is_named(name: str, config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        trainers.trainer_of({"trainer": name, "config": config})


def test_without_java_the_error_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    if not find_spec("pyspark"):
        missing("pyspark is not installed")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(spark.SparkUnavailableError, match="Java 17"), spark.session():
        pass


def test_without_pyspark_the_error_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(spark.SparkUnavailableError, match="make spark"), spark.session():
        pass


def test_folders_of_killed_trainings_are_removed(settings: Settings, tmp_path: Path) -> None:
    settings.SPARK_FOLDER = tmp_path
    (tmp_path / "ratings").mkdir()
    abandoned = tmp_path / ".training-abandoned"
    abandoned.mkdir()
    (abandoned / ".lock").touch()
    with spark.shared_folder() as alive, spark.shared_folder() as other:
        assert set(tmp_path.iterdir()) == {alive, other, tmp_path / "ratings"}
    assert [path.name for path in tmp_path.iterdir()] == ["ratings"]


def test_epochs_of_a_trial_are_capped_for_all_ratings(trained: tuple[Model, object]) -> None:
    trial = TrainedModel(trained[0].embeddings, trained[0].fold_in, {}, TrainingConfig(epochs=20), [])
    article = TrainingConfig(recipe="article")
    assert LightFMTrainer(article).for_everything(trial, 25_000_000).config.epochs == 8
    assert LightFMTrainer(article).for_everything(trial, 100_000).config.epochs == 20
    assert LightFMTrainer(replace(article, epochs=20)).for_everything(trial, 25_000_000).config.epochs == 20
    assert LightFMTrainer(TrainingConfig()).for_everything(trial, 25_000_000).config.epochs == 20
