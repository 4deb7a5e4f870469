"""The tokens of an account: its page, their revocation, and the events that end them."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from knox.models import AuthToken


def tokens_of(user: Any) -> QuerySet[AuthToken]:
    """Return the valid tokens of an account, newest first; those of services that it made are among them."""
    valid = Q(expiry=None) | Q(expiry__gt=timezone.now())
    return AuthToken.objects.filter(valid, user=user).select_related("service", "use").order_by("-created")


def revoke_member_tokens(user: Any) -> None:
    """Revoke the tokens of an account; those that it made for services stay valid."""
    AuthToken.objects.filter(user=user, service=None).delete()


class RevokeTokens:
    """A password validator that accepts everything, and revokes an account's tokens when its password changes.

    Django informs password validators of every new password, whether a page, a reset link, the admin or a command set
    it; a new hash of the same password is none.
    """

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        pass

    def get_help_text(self) -> str:
        return ""

    def password_changed(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if user is not None and user.pk:
            revoke_member_tokens(user)


def revoke_after_confirmation(request: HttpRequest, email_address: EmailAddress, **_: object) -> None:
    """Revoke the tokens of an account whose address is confirmed where the account is not signed in.

    Someone may have registered another person's address and made tokens before its owner confirms it.
    """
    if getattr(request.user, "pk", None) != email_address.user_id:
        revoke_member_tokens(email_address.user_id)


def notify_of_token(user: Any, name: str = "") -> None:
    """Inform the account's address that a token was made."""
    get_adapter().send_notification_mail("account/email/token_created", user, {"token_name": name})


@require_safe
@login_required
def own_tokens(request: HttpRequest) -> HttpResponse:
    return render(request, "account/tokens.html", {"tokens": tokens_of(request.user)})


@require_POST
@login_required
def revoke_token(request: HttpRequest) -> HttpResponse:
    """Revoke one token of the account, named by the digest that the page shows, or all of a member's own."""
    if "all" in request.POST:
        revoke_member_tokens(request.user)
    elif not AuthToken.objects.filter(user_id=request.user.pk, digest=request.POST.get("token", "")[:128]).delete()[0]:
        raise Http404
    messages.success(request, "Revoked. Programs that used it must sign in again.")
    return redirect("account-tokens")
