"""The dashboard on the admin's first page."""

from typing import Any

from django import template
from django.template import RequestContext

from recommendations.admin.actions import dashboard_context
from recommendations.admin.dashboard import dashboard as gather

register = template.Library()


@register.inclusion_tag("admin/recommendations/_dashboard.html", takes_context=True)
def dashboard(context: RequestContext) -> dict[str, Any]:
    """For those who may look at versions; nothing for others."""
    request = context["request"]
    if not request.user.has_perm("recommendations.view_modelversion"):
        return {}
    return dashboard_context(request, gather())
