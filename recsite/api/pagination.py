"""Keyset pagination: a page begins after a row, not at an offset.

A deep page costs as much as the first one, and a row that is inserted or deleted between two requests neither
repeats nor hides another. REST framework's own cursor uses an offset among rows of the same value, and thousands of
movies have a single rating.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import connection
from django.db.models import F, Field, Model, OrderBy, Q, QuerySet
from django.db.models.expressions import Combinable
from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from recsite.api.fields import Query, WholeNumberField

PAGE, LONGEST_PAGE = 20, 100
_SALT = "recsite.api.pagination"


@dataclass(frozen=True)
class _Column:
    """One column of a list's ordering."""

    name: str
    field: "Field[Any, Any]"
    descending: bool
    nulls_last: bool

    def beyond(self, value: Any) -> Q:
        """Match the rows that come after those with this value."""
        if value is None:
            return Q(**{f"{self.name}__isnull": False}) if not self.nulls_last else Q(pk__in=[])
        later = Q(**{f"{self.name}__{'lt' if self.descending else 'gt'}": value})
        return later | Q(**{f"{self.name}__isnull": True}) if self.field.null and self.nulls_last else later

    def at(self, value: Any) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def up_to(self, value: Any) -> Q:
        """State what `at` or `beyond` imply, so that the database seeks in the index to the start of the page."""
        return Q() if self.field.null else Q(**{f"{self.name}__{'lte' if self.descending else 'gte'}": value})

    def order(self) -> OrderBy:
        if self.nulls_last == _nulls_last_by_default(self.descending):
            return OrderBy(F(self.name), descending=self.descending)
        nulls = {"nulls_last" if self.nulls_last else "nulls_first": True}
        return OrderBy(F(self.name), descending=self.descending, **nulls)

    def reversed(self) -> "_Column":
        return replace(self, descending=not self.descending, nulls_last=not self.nulls_last)


class PageQuery(Query):
    page_size = WholeNumberField(default=PAGE, min_value=1, max_value=LONGEST_PAGE, help_text="Rows on a page.")


class KeysetPagination(BasePagination):
    """Paginate a query set in its own ordering, which must end in a unique column."""

    _before: str | None = None
    _after: str | None = None

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: APIView | None = None) -> list[Any]:  # type: ignore[override]  # query sets, never sequences
        size = PageQuery.read(request)["page_size"]
        self._address = request.build_absolute_uri()
        columns = [_column(queryset.model, term) for term in queryset.query.order_by]
        cursor = request.query_params.get("cursor", "")
        backwards, values = _decode(cursor, columns) if cursor else (False, None)
        ordering = [column.reversed() for column in columns] if backwards else columns
        if values is not None:
            queryset = queryset.filter(_after(ordering, values))
        rows = list(queryset.order_by(*(column.order() for column in ordering))[: size + 1])
        more, page = len(rows) > size, rows[:size]
        if backwards:
            page.reverse()
        if page and (more or backwards):
            self._after = _encode(False, page[-1], columns)
        if page and (more if backwards else values is not None):
            self._before = _encode(True, page[0], columns)
        return page

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._link(self._after), "previous": self._link(self._before), "results": data})

    def _link(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        return replace_query_param(remove_query_param(self._address, "cursor"), "cursor", cursor)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": PAGE}
        cursor = {"type": "string"}
        return [
            {"name": "cursor", "in": "query", "schema": cursor, "description": "From `next` or `previous`."},
            {"name": "page_size", "in": "query", "schema": size, "description": "Rows on a page."},
        ]


def _column(model: type[Model], term: str | Combinable) -> _Column:
    if isinstance(term, str):
        term = OrderBy(F(term.removeprefix("-")), descending=term.startswith("-"))
    if not isinstance(term, OrderBy) or not isinstance(term.expression, F):
        raise TypeError(f"Keyset pagination needs an ordering by columns, not by {term}.")
    name = term.expression.name  # type: ignore[attr-defined]  # missing from the stubs
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if not isinstance(field, Field):
        raise TypeError(f"Keyset pagination needs an ordering by columns, and {name} is not one.")
    by_default = _nulls_last_by_default(term.descending) and not term.nulls_first
    return _Column(name, field, term.descending, bool(term.nulls_last or by_default))


def _nulls_last_by_default(descending: bool) -> bool:
    return connection.features.order_by_nulls_first == descending


def _after(columns: Sequence[_Column], values: Sequence[Any]) -> Q:
    """Match the rows that come after the row with these values."""
    later, equal = Q(pk__in=[]), Q()
    for column, value in zip(columns, values, strict=True):
        later |= equal & column.beyond(value)
        equal &= column.at(value)
    return columns[0].up_to(values[0]) & later


def _encode(backwards: bool, row: Model, columns: Sequence[_Column]) -> str:
    values = [getattr(row, column.name) for column in columns]
    texts = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return signing.dumps([backwards, [column.name for column in columns], texts], salt=_SALT, compress=True)


def _decode(cursor: str, columns: Sequence[_Column]) -> tuple[bool, list[Any]]:
    """Reverse `_encode`. The signature rules out a forged cursor, but not a cursor of another list."""
    try:
        backwards, names, texts = signing.loads(cursor, salt=_SALT)
    except signing.BadSignature:
        raise NotFound("Invalid cursor. Use the links in `next` and `previous` of a response.") from None
    if names != [column.name for column in columns]:
        raise NotFound("This cursor belongs to a list with another ordering.")
    return backwards, [column.field.to_python(text) for column, text in zip(columns, texts, strict=True)]
