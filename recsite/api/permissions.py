"""Who may ask the API for what."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from recsite.api.models import ServiceToken

if TYPE_CHECKING:
    # REST framework's views read the settings, which name this module.
    from rest_framework.views import APIView


def service_of(request: Request) -> ServiceToken | None:
    """The service whose token a request comes with, if it is one's; looked up once a request."""
    if request.auth is None:
        return None
    kept = vars(request.auth)
    if "used_by" not in kept:
        kept["used_by"] = ServiceToken.objects.filter(token=request.auth).first()
    used_by: ServiceToken | None = kept["used_by"]
    return used_by


class IsMember(BasePermission):
    """Somebody who is signed in; a service has no ratings of its own."""

    message = "A service's token may only do what its scopes say."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return bool(request.user and request.user.is_authenticated) and service_of(request) is None


class Allowed(BasePermission):
    """Staff with a permission, or a service with a scope; made by `allowed`."""

    scope: str
    permission: str

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        if service := service_of(request):
            return self.scope in service.scopes
        return bool(request.user.is_staff and request.user.has_perm(self.permission))


def allowed(*, scope: str, permission: str) -> type[Allowed]:
    message = f"Staff with the permission {permission}, or a service with the scope {scope}, may do this."
    return type("Allowed", (Allowed,), {"scope": scope, "permission": permission, "message": message})


class MayRecord(IsMember):
    """A member for themselves, or a service with the scope `events` for anybody."""

    message = "A service needs the scope events to do this."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        service = service_of(request)
        return ServiceToken.Scope.EVENTS in service.scopes if service else super().has_permission(request, view)
