"""API endpoints that operate the recommender: versions and runs."""

import math
import re
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_202_ACCEPTED
from rest_framework.views import APIView

from movies.requests import member
from recommendations.models import ModelVersion, TrainingRun
from recommendations.training import dispatch, runs
from recommendations.versions import registry
from recommendations.versions.artifacts import ArtifactError
from recsite.api import examples
from recsite.api.errors import ConflictError, ErrorSerializer, UnavailableError
from recsite.api.models import ServiceToken
from recsite.api.permissions import allowed

Scope = ServiceToken.Scope
SEES_VERSIONS = allowed(scope=Scope.MODELS, permission="recommendations.view_modelversion")
SEES_RUNS = allowed(scope=Scope.MODELS, permission="recommendations.view_trainingrun")
NAME = r"^[A-Za-z0-9_.-]{1,60}$"
OPERATES = allowed(scope=Scope.OPERATE, permission="recommendations.operate_models")


class VersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """A published version of the model, with its metrics."""

    parent = serializers.CharField(  # type: ignore[assignment]  # a field; the metaclass takes it away
        source="parent.name", default=None, read_only=True, allow_null=True
    )
    metrics = serializers.DictField(read_only=True)
    gate = serializers.ListField(child=serializers.DictField(), read_only=True)
    parameters = serializers.DictField(read_only=True)

    class Meta:
        model = ModelVersion
        fields = (
            *("name", "is_active", "created_at", "activated_at", "run", "parent", "users", "movies", "ratings"),
            *("dimension", "size", "parameters", "metrics", "gate", "files_removed_at"),
        )
        read_only_fields = fields


class RunSerializer(serializers.ModelSerializer[TrainingRun]):
    """A training run with its progress or result."""

    version = serializers.SerializerMethodField(help_text="Name of the version that the run published.")
    parameters = serializers.DictField(read_only=True)
    timings = serializers.DictField(child=serializers.FloatField(), read_only=True)

    class Meta:
        model = TrainingRun
        fields = (
            *("id", "status", "requested_by", "parameters", "created_at", "started_at", "finished_at", "phase"),
            *("progress", "cancel_requested", "error", "timings", "peak_memory", "version"),
        )
        read_only_fields = fields

    def get_version(self, run: TrainingRun) -> str | None:
        version = getattr(run, "version", None)
        return version.name if version else None


@extend_schema_field(
    {
        "type": "object",
        "propertyNames": {"pattern": NAME},
        "additionalProperties": {"type": ["number", "boolean", "string"], "pattern": NAME},
    }
)
class ConfigField(serializers.DictField):
    """A mapping of names to numbers, booleans or names."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        for name, value in data.items():
            if not re.fullmatch(NAME, name) or not _is_plain(value):
                raise serializers.ValidationError({name: "Give a name, and as value a number, a boolean or a name."})
        return data


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(NAME, value) is not None
    return isinstance(value, bool | int | float) and math.isfinite(value)


@extend_schema_serializer(examples=[examples.request({"config": {"epochs": 20}}), examples.request({}, "Defaults")])
class RetrainSerializer(serializers.Serializer[Any]):
    """Training parameters that differ from the defaults."""

    config = ConfigField(
        required=False,
        help_text='Training parameters, such as {"epochs": 20}. An unknown parameter makes the run fail.',
    )

    def get_fields(self) -> dict[str, Any]:
        trainer = serializers.ChoiceField(
            [(trainer.value, trainer.label) for trainer in dispatch.trainers()],
            required=False,
            help_text="LightFM by default; Spark if the site is configured for it.",
            error_messages={"invalid_choice": "“{input}” is not available; the trainer spark needs SPARK_MASTER."},
        )
        return {**super().get_fields(), "trainer": trainer}


@extend_schema(tags=["operating"])
class Versions(ListAPIView[ModelVersion]):
    """Versions, newest first."""

    serializer_class = VersionSerializer
    permission_classes = (SEES_VERSIONS,)

    def get_queryset(self) -> QuerySet[ModelVersion]:
        return ModelVersion.objects.select_related("parent").order_by("-created_at", "-pk")


@extend_schema(tags=["operating"])
class Version(RetrieveAPIView[ModelVersion]):
    """A version with its metrics and gate checks."""

    serializer_class = VersionSerializer
    permission_classes = (SEES_VERSIONS,)
    queryset = ModelVersion.objects.select_related("parent")
    lookup_field = "name"


class Operation(APIView):
    """Base of the endpoints that change what visitors are served."""

    permission_classes: tuple[type[BasePermission], ...] = (OPERATES,)
    conflict = {409: ErrorSerializer}  # noqa: RUF012 - never written to


@extend_schema(tags=["operating"])
class Activate(Operation):
    """Activate a version."""

    @extend_schema(request=None, responses={200: VersionSerializer, **Operation.conflict})
    def post(self, request: Request, name: str) -> Response:
        """Activate a version; every process follows within seconds."""
        version = get_object_or_404(ModelVersion, name=name)
        try:
            registry.activate(version, by=member(request))
        except (registry.VersionError, ArtifactError) as error:
            raise ConflictError(str(error)) from error
        return Response(VersionSerializer(version).data)


@extend_schema(tags=["operating"])
class RollBack(Operation):
    """Roll back."""

    @extend_schema(request=None, responses={200: VersionSerializer, **Operation.conflict})
    def post(self, request: Request) -> Response:
        """Activate the version that was active before."""
        try:
            activation = registry.roll_back(by=member(request))
        except (registry.VersionError, ArtifactError) as error:
            raise ConflictError(str(error)) from error
        return Response(VersionSerializer(activation.version).data)


@extend_schema(tags=["operating"])
class Runs(ListAPIView[TrainingRun]):
    """Runs, newest first."""

    serializer_class = RunSerializer

    def get_permissions(self) -> list[BasePermission]:
        return [SEES_RUNS() if self.request.method in ("GET", "HEAD") else OPERATES()]

    def get_queryset(self) -> QuerySet[TrainingRun]:
        return TrainingRun.objects.select_related("version").order_by("-created_at", "-pk")

    @extend_schema(request=RetrainSerializer, responses={202: RunSerializer})
    def post(self, request: Request) -> Response:
        """Queue a retraining for a worker."""
        body = RetrainSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            run = dispatch.request_retraining(requested_by=member(request), parameters=dict(body.validated_data))
        except dispatch.BrokerUnavailableError as error:
            raise UnavailableError(str(error)) from error
        return Response(RunSerializer(run).data, status=HTTP_202_ACCEPTED)


@extend_schema(tags=["operating"])
class Run(RetrieveAPIView[TrainingRun]):
    """A run with its phase and progress, or its result."""

    serializer_class = RunSerializer
    permission_classes = (SEES_RUNS,)
    queryset = TrainingRun.objects.select_related("version")


@extend_schema(tags=["operating"])
class Cancel(Operation):
    """Cancel a run."""

    @extend_schema(request=None, responses={202: RunSerializer, **Operation.conflict})
    def post(self, request: Request, pk: int) -> Response:
        """Cancel a run: a queued one ends at once, a running one within seconds."""
        run = get_object_or_404(TrainingRun, pk=pk)
        if run.finished_at is not None:
            raise ConflictError(f"Run {run.pk} has already ended: {run.get_status_display()}.")
        runs.cancel(run)
        run.refresh_from_db()
        return Response(RunSerializer(run).data, status=HTTP_202_ACCEPTED)
