"""Shared base classes of the admin: login, bounded pagination, large and read-only tables."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import CASCADE, ForeignObjectRel, Model, QuerySet
from django.http import HttpRequest, HttpResponse

from recsite.database.row_estimates import estimated_rows

PAGES = 100
"""The number of pages that a list offers; beyond that, staff search instead."""


class Site(admin.AdminSite):
    site_header = site_title = "recsite"
    index_title = "Administration"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the site's login page, whose attempts are limited."""
        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response


class BoundedPaginator(Paginator):
    """Avoid counting millions of rows: estimate a whole table, count a filtered one up to the pages on offer."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return super().count
        if rows.query.is_sliced or rows.query.where:
            return rows.order_by()[: PAGES * self.per_page].count()
        return estimated_rows(rows.model, exact_up_to=PAGES * self.per_page)

    @property
    def num_pages(self) -> int:
        return min(super().num_pages, PAGES)


class LargeTable(admin.ModelAdmin):
    """A table that may have millions of rows."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Iterable[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Count the rows that the deletion cascades to; a list of a user's thousands of ratings would help nobody."""
        rows = list(objs)
        counts = {str(self.opts.verbose_name_plural): len(rows)}
        for relation in self.opts.related_objects:
            if relation.on_delete is not None and (number := _dependent(relation, rows)):
                counts[str(relation.related_model._meta.verbose_name_plural)] = number
        denied = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        return [str(row) for row in rows], counts, denied, []


def _dependent(relation: ForeignObjectRel, rows: list[Model]) -> int:
    """Count the rows that are deleted in cascade with these."""
    if relation.on_delete is not CASCADE:
        return 0
    return relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": rows}).count()


class ReadOnly(admin.ModelAdmin):
    """A table that only the site itself writes; the admin shows it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
