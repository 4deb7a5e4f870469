"""Shared base classes of the admin: login, bounded pagination, large and read-only tables."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.admin import widgets
from django.core.paginator import Paginator
from django.db.models import CASCADE, ForeignObjectRel, Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse

from recsite.accounts import second_factor
from recsite.database.row_estimates import estimated_rows

PAGES = 100
"""The number of pages that a list offers; beyond that, staff search instead."""

ID = "[0-9]{1,9}"
"""What a value must match to be looked up as an id."""

SECRETS = frozenset({"password", "digest", "token_key", "session_data", "invitation", "data"})
"""Fields that no search of the admin reads: matches would reveal them piece by piece."""


class OfferedLookups(admin.ModelAdmin):
    """Allow only the filters that a list offers.

    Django allows any lookup of the model's own fields, so `?password__startswith=` would reveal a hash or a token
    letter by letter. `linked_lookups` are those of links from other pages.
    """

    linked_lookups: ClassVar[tuple[str, ...]] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        if lookup in self.linked_lookups:
            return True
        offered = {*map(_parameter, self.get_list_filter(request)), self.date_hierarchy}
        parts = lookup.split(LOOKUP_SEP)
        names = (LOOKUP_SEP.join(parts[:length]) for length in range(1, len(parts) + 1))
        return any(name in offered for name in names) and super().lookup_allowed(lookup, value, request)

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        fields = super().get_search_fields(request)
        return [field for field in fields if SECRETS.isdisjoint(field.lstrip("^=@").split(LOOKUP_SEP))]


def _parameter(list_filter: Any) -> str:
    """Return the query parameter, or the field, of a filter in `list_filter`."""
    if isinstance(list_filter, str):
        return list_filter
    return str(list_filter[0] if isinstance(list_filter, list | tuple) else list_filter.parameter_name)


class Site(admin.AdminSite):
    site_header = site_title = "recsite"
    index_title = "Administration"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register tables, also those of other packages, with their filters restricted to what they offer."""
        base = admin_class or admin.ModelAdmin
        if not issubclass(base, OfferedLookups):
            base = type(base.__name__, (OfferedLookups, base), {"__module__": base.__module__})
        super().register(model_or_iterable, base, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Allow staff, with a second factor if `STAFF_SECOND_FACTOR` says so."""
        return super().has_permission(request) and not second_factor.is_missing(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the site's login page, whose attempts are limited, or to a missing second factor."""
        if super().has_permission(request) and second_factor.is_missing(request):
            return second_factor.demand(request, request.GET.get("next", ""))
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


class AutocompleteSelect(widgets.AutocompleteSelect):
    """Show a value that is no id as nothing selected; Django's widget fails on it when the form is shown again."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        return super().optgroups(name, [each for each in value if re.fullmatch(ID, str(each))], attrs)


class AutocompleteSelectMultiple(AutocompleteSelect, widgets.AutocompleteSelectMultiple):
    pass


class LargeTable(OfferedLookups):
    """A table that may have millions of rows."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Take from the address only ids that are numbers; the widgets fail on anything else."""
        relations = {field.name for field in self.opts.get_fields() if field.is_relation}
        initial = super().get_changeform_initial_data(request)
        return {name: value for name, value in initial.items() if name not in relations or re.fullmatch(ID, str(value))}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = AutocompleteSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = AutocompleteSelectMultiple(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

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


class ReadOnly(OfferedLookups):
    """A table that only the site itself writes; the admin shows it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
