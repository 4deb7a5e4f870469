"""Models for training runs, versions, experiments and events."""

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
