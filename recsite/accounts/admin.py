"""Second factors in the admin: never their secrets; removed for members who have lost theirs."""

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from recsite.accounts import second_factor
from recsite.admin import ReadOnly

admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class SecondFactorAdmin(ReadOnly):
    actions = None
    fields = list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    list_filter = ("type",)
    search_fields = ("=user__username",)
    ordering = ("-pk",)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Allow to remove the factors of others; one's own are turned off on the account page."""
        own = isinstance(obj, Authenticator) and obj.user_id == request.user.pk
        return not own and request.user.has_perm("mfa.delete_authenticator")

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        second_factor.remove(obj.user)
