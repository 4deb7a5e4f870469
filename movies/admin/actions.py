"""Bulk admin actions, each confirmed on a page that shows how many rows it affects."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from movies.merging import merge_movies, merge_tags
from movies.models import Genre, Movie, Tag, User
from movies.requests import member

M = TypeVar("M", bound=Model)
ROWS_LISTED = 20
MOST_MERGED = 20


def confirm_and_run(
    modeladmin: Any,
    request: HttpRequest,
    rows: QuerySet[M],
    *,
    title: str,
    verb: str,
    form_class: Callable[..., forms.Form],
    run: Callable[[QuerySet[M], dict[str, Any]], str],
) -> HttpResponse | None:
    """Show the confirmation form; when it is submitted, run the action, log it and report what `run` returns."""
    form = form_class(request.POST if "confirmed" in request.POST else None)
    if form.is_valid():
        selected = list(rows)
        outcome = run(rows, form.cleaned_data)
        remaining = type(selected[0])._default_manager.filter(pk__in=[row.pk for row in selected]) if selected else []
        LogEntry.objects.log_actions(member(request).pk, remaining, CHANGE, change_message=outcome)
        messages.success(request, outcome)
        return None
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": title,
        "verb": verb,
        "form": form,
        "rows": rows[:ROWS_LISTED],
        "number": rows.count(),
        "action": request.POST["action"],
        "selected": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
        "opts": modeladmin.opts,
    }
    return TemplateResponse(request, "admin/movies/confirm.html", context)


class GenreForm(forms.Form):
    genre = forms.ModelChoiceField(Genre.objects.all())


@admin.action(description="Add a genre to the selected movies …", permissions=["change"])
def add_genre(modeladmin: Any, request: HttpRequest, rows: QuerySet[Movie]) -> HttpResponse | None:
    def run(movies: QuerySet[Movie], cleaned: dict[str, Any]) -> str:
        pks = list(movies.exclude(genres=cleaned["genre"]).values_list("pk", flat=True))
        cleaned["genre"].movies.add(*pks)
        return f"Genre {cleaned['genre']} added to {len(pks)} movies."

    return confirm_and_run(modeladmin, request, rows, title="Add a genre", verb="Add", form_class=GenreForm, run=run)


@admin.action(description="Remove a genre from the selected movies …", permissions=["change"])
def remove_genre(modeladmin: Any, request: HttpRequest, rows: QuerySet[Movie]) -> HttpResponse | None:
    def run(movies: QuerySet[Movie], cleaned: dict[str, Any]) -> str:
        pks = list(movies.filter(genres=cleaned["genre"]).values_list("pk", flat=True))
        cleaned["genre"].movies.remove(*pks)
        return f"Genre {cleaned['genre']} removed from {len(pks)} movies."

    return confirm_and_run(
        modeladmin, request, rows, title="Remove a genre", verb="Remove", form_class=GenreForm, run=run
    )


def _merge(
    modeladmin: Any, request: HttpRequest, rows: QuerySet[M], merge: Callable[[M, Sequence[M]], None]
) -> HttpResponse | None:
    number = rows.count()
    if not 1 < number <= MOST_MERGED:
        messages.error(request, f"Select 2 to {MOST_MERGED} duplicates to merge.")
        return None

    class KeepForm(forms.Form):
        keep = forms.ModelChoiceField(rows, empty_label=None, widget=forms.RadioSelect, label="Keep")

    def run(duplicates: QuerySet[M], cleaned: dict[str, Any]) -> str:
        keep = cleaned["keep"]
        merge(keep, list(duplicates.exclude(pk=keep.pk)))
        return f"{number} rows merged into {keep}."

    return confirm_and_run(
        modeladmin, request, rows, title="Merge duplicates", verb="Merge", form_class=KeepForm, run=run
    )


@admin.action(description="Merge the selected movies …", permissions=["delete"])
def merge_selected_movies(modeladmin: Any, request: HttpRequest, rows: QuerySet[Movie]) -> HttpResponse | None:
    return _merge(modeladmin, request, rows.order_by("-rating_count", "pk"), merge_movies)


@admin.action(description="Merge the selected tags …", permissions=["delete"])
def merge_selected_tags(modeladmin: Any, request: HttpRequest, rows: QuerySet[Tag]) -> HttpResponse | None:
    return _merge(modeladmin, request, rows.order_by("key"), merge_tags)


@admin.action(description="Close the selected accounts …", permissions=["change"])
def close_accounts(modeladmin: Any, request: HttpRequest, rows: QuerySet[User]) -> HttpResponse | None:
    def run(users: QuerySet[User], cleaned: dict[str, Any]) -> str:
        closed = users.exclude(pk=member(request).pk).update(is_active=False)
        return f"{closed} accounts closed. Their owners can no longer sign in; their ratings are kept."

    return confirm_and_run(
        modeladmin, request, rows, title="Close accounts", verb="Close", form_class=forms.Form, run=run
    )
