"""The second factor of an account: who has one, which session has proven it, and which staff must set one up."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from recsite.api.own_tokens import revoke_member_tokens

PROVEN = "second_factor_of"
"""The session's key for the account whose second factor it has proven."""
MISSING = "Staff need a second factor. Set it up on the account page, or sign in again with it."


def has_factor(user: Any) -> bool:
    """Return whether signing in takes a code; recovery codes alone are no factor."""
    return is_mfa_enabled(user, [Authenticator.Type.TOTP])


def is_missing(request: Any) -> bool:
    """Return whether `STAFF_SECOND_FACTOR` keeps this member of staff from acting as staff.

    A session must have proven the factor. A token has: it takes a code, and a new factor revokes older tokens.
    """
    if not (settings.STAFF_SECOND_FACTOR and request.user.is_staff):
        return False
    by_token = getattr(request, "auth", None) is not None
    return not (has_factor(request.user) and (by_token or request.session.get(PROVEN) == request.user.pk))


def demand(request: HttpRequest, next_page: str) -> HttpResponse:
    """Lead staff to the page that sets a second factor up, or to a sign-in that proves it."""
    if not has_factor(request.user):
        messages.warning(request, "Staff need a second factor. Set one up to continue.")
        return redirect("mfa_activate_totp")
    logout(request)
    messages.warning(request, "Sign in again with your second factor.")
    return redirect_to_login(next_page)


def second_factors_of(user: Any) -> list[dict[str, Any]]:
    """Return the factors of an account for its export, without their secrets."""
    return [
        {
            "kind": factor.type,
            "added": factor.created_at.isoformat(),
            "last_used": factor.last_used_at and factor.last_used_at.isoformat(),
        }
        for factor in Authenticator.objects.filter(user=user).order_by("pk")
    ]


def remove(user: Any) -> None:
    """Remove all factors of an account whose owner has lost them, and inform its address."""
    Authenticator.objects.filter(user=user).delete()
    get_adapter().send_notification_mail("account/email/second_factor_removed", user)


def remember_added(request: HttpRequest, user: Any, authenticator: Authenticator, **_: object) -> None:
    """Note in the session that it has proven a new factor, and revoke the tokens made without it."""
    if authenticator.type == Authenticator.Type.TOTP:
        request.session[PROVEN] = user.pk
        revoke_member_tokens(user)


def remember_used(request: HttpRequest, user: Any, **_: object) -> None:
    request.session[PROVEN] = user.pk
