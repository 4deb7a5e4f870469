"""What is done to many rows at once, after a page that says to how many and asks once more."""

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
SHOWN = 20
MOST_MERGED = 20


def confirmed(
    modeladmin: Any,
    request: HttpRequest,
    rows: QuerySet[M],
    *,
    title: str,
    form_class: Callable[..., forms.Form],
    do: Callable[[QuerySet[M], dict[str, Any]], str],
) -> HttpResponse | None:
    """Ask with a form; once it comes back, do it, write it down and say what was done."""
    form = form_class(request.POST if "confirmed" in request.POST else None)
    if form.is_valid():
        chosen = list(rows)
        said = do(rows, form.cleaned_data)
        left = type(chosen[0])._default_manager.filter(pk__in=[row.pk for row in chosen]) if chosen else []
        LogEntry.objects.log_actions(member(request).pk, left, CHANGE, change_message=said)
        messages.success(request, said)
        return None
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": title,
        "form": form,
        "rows": rows[:SHOWN],
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
    def do(movies: QuerySet[Movie], asked: dict[str, Any]) -> str:
        pks = list(movies.exclude(genres=asked["genre"]).values_list("pk", flat=True))
        asked["genre"].movies.add(*pks)
        return f"{len(pks)} movies have the genre {asked['genre']} now."

    return confirmed(modeladmin, request, rows, title="Add a genre", form_class=GenreForm, do=do)


@admin.action(description="Take a genre from the selected movies …", permissions=["change"])
def remove_genre(modeladmin: Any, request: HttpRequest, rows: QuerySet[Movie]) -> HttpResponse | None:
    def do(movies: QuerySet[Movie], asked: dict[str, Any]) -> str:
        pks = list(movies.filter(genres=asked["genre"]).values_list("pk", flat=True))
        asked["genre"].movies.remove(*pks)
        return f"{len(pks)} movies do not have the genre {asked['genre']} any more."

    return confirmed(modeladmin, request, rows, title="Take a genre away", form_class=GenreForm, do=do)


def _merge(
    modeladmin: Any, request: HttpRequest, rows: QuerySet[M], merge: Callable[[M, Sequence[M]], None]
) -> HttpResponse | None:
    number = rows.count()
    if not 1 < number <= MOST_MERGED:
        messages.error(request, f"Choose two rows or more, and {MOST_MERGED} at most, that mean the same.")
        return None

    class KeepForm(forms.Form):
        keep = forms.ModelChoiceField(rows, empty_label=None, widget=forms.RadioSelect, label="Which one stays")

    def do(all_of_them: QuerySet[M], asked: dict[str, Any]) -> str:
        keep = asked["keep"]
        merge(keep, list(all_of_them.exclude(pk=keep.pk)))
        return f"{number} rows are one now: {keep}."

    return confirmed(modeladmin, request, rows, title="Merge duplicates", form_class=KeepForm, do=do)


@admin.action(description="Merge the selected movies …", permissions=["delete"])
def merge_selected_movies(modeladmin: Any, request: HttpRequest, rows: QuerySet[Movie]) -> HttpResponse | None:
    return _merge(modeladmin, request, rows.order_by("-rating_count", "pk"), merge_movies)


@admin.action(description="Merge the selected tags …", permissions=["delete"])
def merge_selected_tags(modeladmin: Any, request: HttpRequest, rows: QuerySet[Tag]) -> HttpResponse | None:
    return _merge(modeladmin, request, rows.order_by("key"), merge_tags)


@admin.action(description="Close the selected accounts …", permissions=["change"])
def close_accounts(modeladmin: Any, request: HttpRequest, rows: QuerySet[User]) -> HttpResponse | None:
    def do(people: QuerySet[User], asked: dict[str, Any]) -> str:
        closed = people.exclude(pk=member(request).pk).update(is_active=False)
        return f"{closed} accounts are closed: nobody can sign in to them. Their ratings stay."

    return confirmed(modeladmin, request, rows, title="Close accounts", form_class=forms.Form, do=do)
