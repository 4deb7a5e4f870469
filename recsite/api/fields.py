"""Serializer fields and query parameters of the API, with strict types.

Fields in a body accept only their own JSON type. REST framework would accept "4.5" for 4.5 and 1 for true, which the
OpenAPI document does not allow.
"""

import math
import re
from functools import cache
from typing import Any, Self

from django.core.validators import RegexValidator
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.serializer_helpers import BindingDict

LARGEST_ID = 2**31 - 1
"""The largest primary key of a user or a movie: the columns are 32-bit integers."""


class Query(serializers.Serializer[Any]):
    """The query parameters of an endpoint."""

    @cached_property
    def fields(self) -> BindingDict:
        # Built once: REST framework copies the fields for each request, which takes as long as ranking the movies.
        return _fields(type(self))

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """Return the validated parameters; an error names the invalid one."""
        return cls.of(request).validated_data

    @classmethod
    def of(cls, request: Request) -> Self:
        # Not `request.query_params` itself: REST framework would treat an empty parameter as a missing one.
        parameters = request.query_params
        data = {
            name: parameters.getlist(name) if isinstance(field, serializers.ListField) else parameters[name]
            for name, field in _fields(cls).items()
            if name in parameters
        }
        query = cls(data=data)
        query.is_valid(raise_exception=True)
        return query


@cache
def _fields(query: type[Query]) -> BindingDict:
    """The fields of a query class, bound to an instance that is never validated."""
    fields: BindingDict = super(Query, query()).fields
    return fields


class WholeNumberField(serializers.IntegerField):
    """A whole number in a query string, written in ASCII digits."""

    def to_internal_value(self, data: Any) -> int:
        if not (str(data).isascii() and str(data).removeprefix("-").isdigit()):
            self.fail("invalid")
        return super().to_internal_value(data)


class NumberField(serializers.FloatField):
    """A number in a query string, in JSON's notation."""

    def to_internal_value(self, data: Any) -> float:
        if not re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", str(data), re.ASCII):
            self.fail("invalid")
        return _finite(self, super().to_internal_value(data))


class ManyField(serializers.ListField):
    """A list whose check ends at some number of errors: a message for each of thousands helps nobody."""

    MOST_ERRORS = 20

    def run_child_validation(self, data: Any) -> list[Any]:
        result: list[Any] = []
        errors: dict[Any, Any] = {}
        for index, item in enumerate(data):
            try:
                result.append(self.child.run_validation(item))
            except serializers.ValidationError as error:
                errors[index] = error.detail
                if len(errors) == self.MOST_ERRORS:
                    break
        if errors:
            raise serializers.ValidationError(errors)
        return result


class FloatField(serializers.FloatField):
    """A number in a body."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return _finite(self, super().to_internal_value(data))


def _finite(field: serializers.FloatField, number: float) -> float:
    if not math.isfinite(number):
        field.fail("invalid")
    return number


class IntegerField(serializers.IntegerField):
    """A whole number in a body."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not (isinstance(data, int) or (isinstance(data, float) and data.is_integer())):
            self.fail("invalid")
        return super().to_internal_value(int(data))


class TextField(serializers.CharField):
    """A string in a body, without null characters, which databases reject."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(RegexValidator(r"^[^\x00]*\Z", "Null characters are not allowed."))

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class FlagField(serializers.BooleanField):
    """A boolean in a body."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data
