"""The path below which the site lives on its host."""

import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from recsite.settings.api import SPECTACULAR


def settings(script_name: str) -> dict[str, Any]:
    """Return the settings that depend on the sub-path: `/movies`, or nothing for the root of the host."""
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", script_name):
        raise ImproperlyConfigured(f"FORCE_SCRIPT_NAME is {script_name!r}; set /name, without a slash at the end.")
    probes = [re.escape(f"{script_name}{probe}".lstrip("/")) for probe in ("/livez", "/readyz")]
    return {
        "FORCE_SCRIPT_NAME": script_name or None,
        "CSRF_COOKIE_PATH": script_name or "/",
        "SESSION_COOKIE_PATH": script_name or "/",
        # Django would put a prefix before a relative path when it is first read, which in gunicorn is before it is set.
        "STATIC_URL": f"{script_name}/static/",
        "SECURE_REDIRECT_EXEMPT": [f"^{probe}$" for probe in probes],
        "SPECTACULAR_SETTINGS": SPECTACULAR | ({"SERVERS": [{"url": script_name}]} if script_name else {}),
    }
