"""Models for training runs, the versions that they publish, and activations."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class TrainingRun(models.Model):
    """A retraining as a durable job. The row is the job; the broker only announces it.

    The partial unique constraint is the lock: at most one run is `RUNNING`, on every database.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        REFUSED = "refused", "refused by the gate"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Trainer(models.TextChoices):
        LIGHTFM = "lightfm", "LightFM"
        SPARK = "spark", "ALS on Spark"

    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="training_runs"
    )
    parameters = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    worker = models.CharField(max_length=200, blank=True, help_text="Host and process id of the worker.")
    phase = models.CharField(max_length=40, blank=True)
    progress = models.FloatField(default=0, help_text="Completed share of the phase, 0 to 1.")
    log = models.TextField(blank=True, help_text="Last lines of the log.")
    error = models.TextField(blank=True)
    timings = models.JSONField(default=dict, help_text="Duration of each phase in seconds.")
    peak_memory = models.PositiveBigIntegerField(null=True, blank=True, help_text="Peak memory in bytes.")

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="running"), name="one_training_run_at_a_time"
            ),
        ]
        permissions: ClassVar = [
            ("operate_models", "Can retrain, cancel, activate and roll back"),
            ("view_recommendations_of_others", "Can view the recommendations of other users"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} ({self.get_status_display()})"


class ModelVersion(models.Model):
    """A published version of the model: a folder of artifacts that never changes."""

    name = models.CharField(max_length=60, unique=True, help_text="Also the name of the artifact folder.")
    run = models.OneToOneField(TrainingRun, models.SET_NULL, null=True, blank=True, related_name="version")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    activated_at = models.DateTimeField(null=True, blank=True)
    manifest_sha256 = models.CharField(max_length=64)
    parameters = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    gate = models.JSONField(default=list, help_text="Checks before publication, with their values and thresholds.")
    files_removed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the artifacts were removed; the version can no longer be activated."
    )
    users = models.PositiveIntegerField()
    movies = models.PositiveIntegerField()
    ratings = models.PositiveBigIntegerField()
    dimension = models.PositiveSmallIntegerField(help_text="Dimension of the embeddings, without the biases.")
    size = models.PositiveBigIntegerField(help_text="Size of the artifacts in bytes.")

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["is_active"], condition=Q(is_active=True), name="one_active_version"),
        ]

    def __str__(self) -> str:
        return self.name


class Activation(models.Model):
    """When a version was activated, and by whom."""

    version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="activations")
    activated_at = models.DateTimeField(default=timezone.now)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="activations"
    )
    forced = models.BooleanField(
        default=False, help_text="The gate had refused the version, and the refusal was overridden."
    )

    class Meta:
        ordering: ClassVar = ["-activated_at", "-id"]

    def __str__(self) -> str:
        return f"{self.version} at {self.activated_at:%Y-%m-%d %H:%M}"


class TunedParameters(models.Model):
    """Result of a hyperparameter search; trainings start from the latest row."""

    created_at = models.DateTimeField(default=timezone.now)
    parameters = models.JSONField(default=dict, help_text="Best parameters by name; empty if the defaults are best.")
    found = models.FloatField(help_text="Best NDCG@10 on the validation slice.")
    default = models.FloatField(help_text="NDCG@10 of the default parameters on the validation slice.")
    trials = models.PositiveIntegerField()
    seconds = models.FloatField()
    ratings = models.PositiveBigIntegerField(help_text="Number of ratings in the database.")

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        verbose_name_plural = "tuned parameters"

    def __str__(self) -> str:
        return f"{self.found:.4f}, {self.default:.4f} by default, {self.trials} trials"
