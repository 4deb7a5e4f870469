"""Middleware that adds security headers to every response, also to static files, errors and probes.

Browsers apply a policy to documents only. Stylesheets, scripts and fonts are never documents, and every page loads
several of them, so they have only the headers that are for them too.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from recsite.settings import csp

UNUSED = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media"),
    *("geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi"),
    *("payment", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
)
"""Features of browsers that no page uses, and that no script may therefore request."""
PERMISSIONS = ", ".join(f"{feature}=()" for feature in UNUSED)


NEVER_DOCUMENTS = ("text/css", "text/javascript", "font/")
"""How the content types of responses start that browsers never show as a page."""


class SecurityHeadersMiddleware:
    """Complete the headers that other middleware has not set."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.for_all = {
            "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
            "X-Content-Type-Options": "nosniff",
        }
        self.for_documents = {
            **self.for_all,
            "Content-Security-Policy": csp.HEADER,
            "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
            "Permissions-Policy": PERMISSIONS,
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_document = not response.headers.get("Content-Type", "").startswith(NEVER_DOCUMENTS)
        for name, value in (self.for_documents if is_document else self.for_all).items():
            response.headers.setdefault(name, value)
        return response
