"""Service tokens in the admin: shown once on creation, revoked by deletion."""

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
    list_display = ("name", "allowed_scopes", "created_by", "created_at")
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
        messages.warning(request, f"Copy this token now; it is shown only once: {secret}")

    def delete_model(self, request: HttpRequest, obj: ServiceToken) -> None:
        obj.token.delete()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ServiceToken]) -> None:
        AuthToken.objects.filter(service__in=queryset).delete()

    @admin.display(description="Scopes")
    def allowed_scopes(self, token: ServiceToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="Created by")
    def created_by(self, token: ServiceToken) -> str:
        return str(token.token.user)

    @admin.display(description="Created")
    def created_at(self, token: ServiceToken) -> Any:
        return token.token.created
