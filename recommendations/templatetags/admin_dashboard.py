"""Template tag for the dashboard on the admin's index page."""

from typing import Any

from django import template
from django.template import RequestContext

from recommendations.admin.actions import dashboard_context
from recommendations.admin.dashboard import dashboard as dashboard_data

register = template.Library()


@register.inclusion_tag("admin/recommendations/_dashboard.html", takes_context=True)
def dashboard(context: RequestContext) -> dict[str, Any]:
    """Render the dashboard for users who may view versions, and nothing for others."""
    request = context["request"]
    if not request.user.has_perm("recommendations.view_modelversion"):
        return {}
    return dashboard_context(request, dashboard_data())
