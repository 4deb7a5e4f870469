"""Service tokens in the admin: shown once on creation, revoked by deletion."""

from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from knox.models import AuthToken

from recsite.admin import ReadOnly
from recsite.api.models import ServiceToken
from recsite.api.own_tokens import notify_of_token


class ServiceTokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(choices=ServiceToken.Scope.choices, widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(label="Valid for days", min_value=1, initial=lambda: settings.SERVICE_TOKEN_DAYS)
    password = forms.CharField(label="Your password", widget=forms.PasswordInput)
    request: HttpRequest

    class Meta:
        model = ServiceToken
        fields = ("name", "scopes")

    def clean_days(self) -> int:
        days: int = self.cleaned_data["days"]
        if days > settings.SERVICE_TOKEN_DAYS:
            raise forms.ValidationError(f"A service token is valid for at most {settings.SERVICE_TOKEN_DAYS} days.")
        return days

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.request.user, password):
            raise forms.ValidationError("This is not your password.")
        return password


@admin.register(ServiceToken)
class ServiceTokenAdmin(ReadOnly):
    form = ServiceTokenForm
    list_display = ("name", "allowed_scopes", "created_by", "created_at", "last_used", "expires_at")
    list_select_related = ("token__user", "token__use")
    search_fields = ("name",)
    fields = ("name", "scopes")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return (*self.fields, *(("expires_at", "last_used") if obj else ("days", "password")))

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.request = request  # type: ignore[attr-defined]  # it is a ServiceTokenForm
        return form

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("api.add_servicetoken")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("api.delete_servicetoken")

    def save_model(self, request: HttpRequest, obj: ServiceToken, form: Any, change: bool) -> None:
        obj.token, secret = AuthToken.objects.create(
            user=request.user, expiry=timedelta(days=form.cleaned_data["days"])
        )
        super().save_model(request, obj, form, change)
        notify_of_token(request.user, obj.name)
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

    @admin.display(description="Last used")
    def last_used(self, token: ServiceToken) -> Any:
        return token.token.use.used_at if hasattr(token.token, "use") else None

    @admin.display(description="Expires")
    def expires_at(self, token: ServiceToken) -> Any:
        return token.token.expiry
