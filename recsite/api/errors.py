"""Error responses of the API: exceptions, the exception handler, and the schema of an error body."""

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from drf_spectacular.utils import extend_schema_serializer
from drf_standardized_errors.handler import ExceptionHandler as StandardHandler
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound

from recsite.api import examples

RETRY_SECONDS = 10


class UnavailableError(APIException):
    status_code = 503
    default_code = "unavailable"
    default_detail = "This is temporarily unavailable. Try again in a moment."
    wait = RETRY_SECONDS


class TooLargeError(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = "The request body is too large. Send it in several requests."


class ConflictError(APIException):
    status_code = 409
    default_code = "conflict"


class ExceptionHandler(StandardHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, OperationalError):
            return UnavailableError("The database is not responding. Try again in a moment.")
        if isinstance(exc, OverflowError):
            # An id in the path that is too large for the database's integers.
            return NotFound()
        if isinstance(exc, RequestDataTooBig):
            return TooLargeError()
        converted: Exception = super().convert_known_exceptions(exc)
        return converted


class ProblemSerializer(serializers.Serializer[object]):
    """One problem with the request."""

    code = serializers.CharField(help_text="Machine-readable: `required`, `not_found`, `throttled` …")
    detail = serializers.CharField(help_text="Human-readable.")
    attr = serializers.CharField(allow_null=True, help_text="The parameter or field at fault, if there is one.")


@extend_schema_serializer(examples=[examples.answer(examples.REFUSED)])
class ErrorSerializer(serializers.Serializer[object]):
    """The body of every error response."""

    type = serializers.ChoiceField(["validation_error", "client_error", "server_error"])
    errors = ProblemSerializer(many=True)  # type: ignore[assignment]  # a field, which the metaclass removes
