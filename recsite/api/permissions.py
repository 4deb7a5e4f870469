"""Permissions of the API: members, staff with a permission, and services with a scope."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from recsite.accounts import second_factor
from recsite.api.models import ServiceToken

if TYPE_CHECKING:
    # REST framework's views read the settings, which name this module.
    from rest_framework.views import APIView


def service_of(request: Request) -> ServiceToken | None:
    """Return the service that the request's token belongs to, if any; one query per request."""
    if request.auth is None:
        return None
    cached = vars(request.auth)
    if "used_by" not in cached:
        cached["used_by"] = ServiceToken.objects.filter(token=request.auth).first()
    used_by: ServiceToken | None = cached["used_by"]
    return used_by


class IsMember(BasePermission):
    """Allow signed-in members, and no services: a service has no ratings of its own."""

    message = "A service token is limited to its scopes."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return bool(request.user and request.user.is_authenticated) and service_of(request) is None


class Allowed(BasePermission):
    """Allow staff with a permission, or a service with a scope; subclasses come from `allowed`."""

    scope: str
    permission: str
    message: str

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        if service := service_of(request):
            return self.scope in service.scopes
        if second_factor.is_missing(request):
            self.message = second_factor.MISSING
            return False
        return bool(request.user.is_staff and request.user.has_perm(self.permission))


def allowed(*, scope: str, permission: str) -> type[Allowed]:
    """Return a permission class for one scope and one Django permission."""
    message = f"This requires staff with the permission {permission}, or a service with the scope {scope}."
    return type("Allowed", (Allowed,), {"scope": scope, "permission": permission, "message": message})


class MayRecord(IsMember):
    """Allow members to record their own events, and services with the scope `events` to record any user's."""

    message = "This requires the scope events."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        service = service_of(request)
        return ServiceToken.Scope.EVENTS in service.scopes if service else super().has_permission(request, view)
