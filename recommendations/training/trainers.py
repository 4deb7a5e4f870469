"""Trainers: LightFM in this process, or ALS on Spark. Both return the same kind of model."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, TypeVar

from recommendations.engine.data.features import ItemFeatures
from recommendations.engine.data.interactions import Interactions
from recommendations.engine.models.trained_model import Config, Progress, TrainedModel
from recommendations.engine.training import TrainingConfig, train
from recommendations.models import TrainingRun
from recommendations.training import spark
from recommendations.training.config import ConfigError, als_configured, configured
from recommendations.training.spark import SparkTrainer
from recommendations.training.tuning import tuned

C = TypeVar("C", bound=Config)


class Trainer(Protocol[C]):
    """Trains vectors from interactions and item features."""

    name: ClassVar[str]
    libraries: ClassVar[tuple[str, ...]]
    """The libraries whose versions the manifest records."""

    @property
    def config(self) -> C: ...

    def train(
        self, interactions: Interactions, features: ItemFeatures, *, progress: Progress | None = None
    ) -> TrainedModel[C]:
        """Train as `recommendations.engine.training.train` does."""

    def for_everything(self, trial: TrainedModel[C], n_ratings: int) -> Self:
        """Return the trainer for all `n_ratings` ratings, after a trial without the held-out ones."""


@dataclass(frozen=True)
class LightFMTrainer:
    """Trains the recipe "joined" or "article" in this process."""

    name: ClassVar = TrainingRun.Trainer.LIGHTFM.value
    libraries: ClassVar[tuple[str, ...]] = ("lightfm-next",)

    config: TrainingConfig

    def train(
        self, interactions: Interactions, features: ItemFeatures, *, progress: Progress | None = None
    ) -> TrainedModel[TrainingConfig]:
        return train(interactions, features, self.config, progress=progress)

    def for_everything(self, trial: TrainedModel[TrainingConfig], n_ratings: int) -> Self:
        """Take epochs and EASE weight from the trial, but no more epochs than suit `n_ratings`.

        With more ratings, one epoch updates each movie more often.
        """
        config = self.config.sized(n_ratings)
        most_epochs = config.epochs or config.max_epochs or 1
        epochs = min(trial.config.epochs or 1, most_epochs)
        return replace(self, config=replace(config, epochs=epochs, ease_weight=trial.config.ease_weight))


def trainer_of(parameters: Mapping[str, Any]) -> Trainer[Any]:
    """Return the trainer for a run's parameters: "trainer", its "config", and the folder of "ratings".

    Raises
    ------
    ConfigError
        If the trainer is unknown, or a parameter is unknown or invalid.
    SparkUnavailableError
        If the trainer is Spark, and pyspark or Java is missing.
    """
    config, name = parameters.get("config", {}), parameters.get("trainer", LightFMTrainer.name)
    if name not in TrainingRun.Trainer.values:
        raise ConfigError(f"Unknown trainer {name!r}. The trainers are {' and '.join(TrainingRun.Trainer.values)}.")
    if name == LightFMTrainer.name:
        return LightFMTrainer(configured(tuned(config)))
    folder = parameters.get("ratings")
    trainer = SparkTrainer(als_configured(config), Path(folder) if folder else None)
    spark.check()
    return trainer
