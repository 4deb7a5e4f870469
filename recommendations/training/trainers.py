"""Who trains: LightFM in this process, or ALS on Spark.  Both leave the same kind of model."""

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
    """From ratings and features to vectors."""

    name: ClassVar[str]
    libraries: ClassVar[tuple[str, ...]]
    """Whose versions the manifest names."""

    @property
    def config(self) -> C: ...

    def train(
        self, interactions: Interactions, features: ItemFeatures, *, progress: Progress | None = None
    ) -> TrainedModel[C]:
        """As `recommendations.engine.training.train`."""

    def for_everything(self, trial: TrainedModel[C], n_ratings: int) -> Self:
        """The trainer for all the ratings, so many, after a trial on some of them."""


@dataclass(frozen=True)
class LightFMTrainer:
    name: ClassVar = TrainingRun.Trainer.LIGHTFM.value
    libraries: ClassVar[tuple[str, ...]] = ("lightfm-next",)

    config: TrainingConfig

    def train(
        self, interactions: Interactions, features: ItemFeatures, *, progress: Progress | None = None
    ) -> TrainedModel[TrainingConfig]:
        return train(interactions, features, self.config, progress=progress)

    def for_everything(self, trial: TrainedModel[TrainingConfig], n_ratings: int) -> Self:
        """What the trial found, but no more epochs than suit so many: one of more ratings teaches a movie more."""
        whole = self.config.sized(n_ratings)
        most = whole.epochs or whole.max_epochs or 1
        epochs = min(trial.config.epochs or 1, most)
        return replace(self, config=replace(whole, epochs=epochs, ease_weight=trial.config.ease_weight))


def trainer_of(parameters: Mapping[str, Any]) -> Trainer[Any]:
    """The trainer that a run's parameters ask for: "trainer", its "config", and the folder of "ratings".

    Raises
    ------
    ConfigError
        When there is no such trainer, or a parameter is unknown or wrong.
    SparkUnavailableError
        When Spark is asked for, and pyspark or Java is missing.
    """
    config, name = parameters.get("config", {}), parameters.get("trainer", LightFMTrainer.name)
    if name not in TrainingRun.Trainer.values:
        raise ConfigError(f"There is no trainer {name!r}, but {' and '.join(TrainingRun.Trainer.values)}.")
    if name == LightFMTrainer.name:
        return LightFMTrainer(configured(tuned(config)))
    folder = parameters.get("ratings")
    trainer = SparkTrainer(als_configured(config), Path(folder) if folder else None)
    spark.check()
    return trainer
