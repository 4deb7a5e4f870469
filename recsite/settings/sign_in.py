"""Settings of sign-in, its lockout and second factors that do not depend on the environment."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured

SIGN_IN: dict[str, Any] = {
    # In addition to allauth's limit of attempts per minute: a lockout that holds in every process and on every login
    # form.
    "AXES_FAILURE_LIMIT": 10,
    "AXES_COOLOFF_TIME": timedelta(hours=1),
    "AXES_LOCKOUT_PARAMETERS": [["username", "ip_address"]],
    "AXES_RESET_ON_SUCCESS": True,
    "AXES_DISABLE_ACCESS_LOG": True,
    "AXES_VERBOSE": False,
    "AXES_USERNAME_CALLABLE": "movies.accounts.name_tried",
    "AXES_CLIENT_IP_CALLABLE": "recsite.operations.clients.address_to_lock",
    "AXES_CLIENT_STR_CALLABLE": "movies.accounts.client_in_logs",
    "AXES_LOCKOUT_TEMPLATE": "429.html",
    "MFA_ADAPTER": "recsite.accounts.adapter.Adapter",
    "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes"],
    # `ActivateForm` checks the address instead. allauth's own rule would also forbid to change it later.
    "MFA_ALLOW_UNVERIFIED_EMAIL": True,
    "MFA_FORMS": {
        "authenticate": "recsite.accounts.forms.AuthenticateForm",
        "activate_totp": "recsite.accounts.forms.ActivateForm",
    },
}


def idle_minutes(minutes: int) -> int:
    if minutes < 0:
        raise ImproperlyConfigured(f"STAFF_IDLE_MINUTES is {minutes}; set a number of minutes, or 0 for no limit.")
    return minutes
