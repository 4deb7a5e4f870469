"""Training runs and the versions that they publish; experiments, and what members are shown and choose."""

from recommendations.models.experiments import Arm, Event, Experiment, Place
from recommendations.models.training import Activation, ModelVersion, TrainingRun, TunedParameters

__all__ = [
    "Activation",
    "Arm",
    "Event",
    "Experiment",
    "ModelVersion",
    "Place",
    "TrainingRun",
    "TunedParameters",
]
