"""Tokens of services in the admin: made once, shown once, ended by deletion."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from knox.models import AuthToken

from recsite.admin import ReadOnly
from recsite.api.models import ServiceToken


class ServiceTokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(choices=ServiceToken.Scope.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ServiceToken
        fields = ("name", "scopes")


@admin.register(ServiceToken)
class ServiceTokenAdmin(ReadOnly):
    form = ServiceTokenForm
    list_display = ("name", "what_it_may", "owner", "made")
    list_select_related = ("token__user",)
    search_fields = ("name",)
    fields = ("name", "scopes")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("api.add_servicetoken")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("api.delete_servicetoken")

    def save_model(self, request: HttpRequest, obj: ServiceToken, form: Any, change: bool) -> None:
        obj.token, secret = AuthToken.objects.create(user=request.user, expiry=None)
        super().save_model(request, obj, form, change)
        messages.warning(request, f"This is shown once only; keep it safe: {secret}")

    def delete_model(self, request: HttpRequest, obj: ServiceToken) -> None:
        obj.token.delete()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ServiceToken]) -> None:
        AuthToken.objects.filter(service__in=queryset).delete()

    @admin.display(description="May")
    def what_it_may(self, token: ServiceToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="Made by")
    def owner(self, token: ServiceToken) -> str:
        return str(token.token.user)

    @admin.display(description="Made")
    def made(self, token: ServiceToken) -> Any:
        return token.token.created
