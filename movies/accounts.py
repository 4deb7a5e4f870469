"""Sign-up rules for allauth, keys for login throttling, and the export of personal data."""

import logging
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from movies import selectors, watch_groups
from movies.models import MOVIELENS_USERNAME, Movie, MovieTag, User
from movies.requests import split_url
from movies.sign_in import devices
from recsite.accounts.second_factor import second_factors_of
from recsite.api.own_tokens import tokens_of
from recsite.identifiers import normalised
from recsite.operations.clients import limit_key

LONGEST_NAME = 320
"""Characters of a username or address that are read."""
logger = logging.getLogger(__name__)
_parts: dict[str, Callable[[User], Any]] = {}


class AccountAdapter(DefaultAccountAdapter):
    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Reserve the usernames that the loader gives to MovieLens users."""
        if username.lower().startswith(MOVIELENS_USERNAME):
            raise ValidationError(f"Usernames starting with “{MOVIELENS_USERNAME}” are reserved. Choose another one.")
        if "@" in username:
            # It would be taken for the address of another account.
            raise ValidationError("A username cannot contain “@”. Choose another one.")
        if not shallow and User.objects.named(username).exists():
            raise self.validation_error("username_taken")
        return super().clean_username(username, shallow)

    def clean_email(self, email: str) -> str:
        """Refuse what two mail programs would write differently; allauth compares addresses in lower case."""
        if normalised(email) != email.lower():
            raise ValidationError("Enter the address in plain letters, without blanks.")
        return super().clean_email(email)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Give the address to whoever proves to own it, and not to an account that has only named it.

        Staff keep theirs: an administrator has set it.
        """
        others = User.objects.with_email(email_address.email).exclude(pk=email_address.user_id)
        with transaction.atomic():
            if not EmailAddress.objects.filter(email=email_address.email, verified=True).exists():
                EmailAddress.objects.filter(user__in=others.filter(is_staff=False), email=email_address.email).delete()
                others.filter(is_staff=False).update(email="", email_key=None)
            if others.exists():
                self.add_message(
                    request,
                    messages.ERROR,
                    "account/messages/email_confirmation_failed.txt",
                    {"email": email_address.email},
                )
                return False
            return bool(super().confirm_email(request, email_address))

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **options)
        devices.remember(request, response, user)
        return response

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failures by name, and by device for the ones where the owner has signed in before."""
        return name_tried(request, credentials)

    def is_safe_url(self, url: str | None) -> bool:
        """Refuse malformed addresses, such as `http://[`, on which allauth's own check fails."""
        return split_url(url or "") is not None and bool(super().is_safe_url(url))

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return what allauth's limits count a client by; all clients of a bare Unix socket are one."""
        return limit_key(request) or "local"

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Ask for the password before sensitive changes; a code alone does not do."""
        return [method for method in super().get_reauthentication_methods(user) if method["id"] == "reauthenticate"]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail whose links start with `SITE_ADDRESS`, not with the host that the request names.

        Whoever requests a reset chooses that host, and the link's key resets the password of another person.
        """
        if settings.SITE_ADDRESS:
            origin = allauth_context.request.build_absolute_uri("/").rstrip("/")
            host = urlsplit(settings.SITE_ADDRESS).netloc
            context = {name: _at_site_address(value, origin) for name, value in context.items()}
            context["current_site"] = SimpleNamespace(name=host, domain=host)
        super().send_mail(template_prefix, email, context)

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **kwargs: Any) -> None:
        """Send a mail about a change; a mail server that fails does not undo the change."""
        try:
            super().send_notification_mail(template_prefix, user, *args, **kwargs)
        except OSError:
            logger.warning("The mail %s could not be sent", template_prefix, exc_info=True)


def _at_site_address(value: Any, origin: str) -> Any:
    is_link = isinstance(value, str) and value.startswith(f"{origin}/")
    return settings.SITE_ADDRESS + value.removeprefix(origin) if is_link else value


def name_tried(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Return the username or email of a login attempt, for django-axes."""
    fields = credentials or getattr(request, "POST", {})
    tried = str(fields.get("username") or fields.get("email") or fields.get("login") or "")
    name = normalised(tried[:LONGEST_NAME])
    device = devices.device_of(request, name)
    return devices.counted_on(name, device) if device else name[:255]


def client_in_logs(username: str, *_: object) -> str:
    """Describe the client of a failed login in django-axes' log messages, without its address or name."""
    return "a client"


def notify_of_deletion(user: User) -> None:
    """Inform the account's address."""
    get_adapter().send_notification_mail(
        "account/email/account_deleted", user, {"username": user.username}, user.email or None
    )


def register_personal_data(name: str, read: Callable[[User], Any]) -> None:
    """Add a part of another app to the export; its value is ready for JSON."""
    _parts[name] = read


def personal_data(user: User) -> dict[str, Any]:
    """Return everything stored about a user, ready for JSON."""
    tags = MovieTag.objects.filter(user=user).select_related("movie", "tag").order_by("pk")
    return {
        "username": user.username,
        "email": user.email,
        "joined": user.date_joined.isoformat(),
        "last_login": user.last_login and user.last_login.isoformat(),
        "ratings": [
            {**_identified(rating.movie), "stars": rating.stars, "rated": rating.rated_at.isoformat()}
            for rating in selectors.ratings_of(user).prefetch_related(None)
        ],
        "tags": [{**_identified(tag.movie), "tag": tag.tag.name, "tagged": tag.tagged_at.isoformat()} for tag in tags],
        "watchlist": [_identified(movie) for movie in selectors.watchlist_of(user).prefetch_related(None)],
        "seen": [
            {**_identified(seen.movie), "seen_on": seen.seen_on and seen.seen_on.isoformat()}
            for seen in user.seen_movies.select_related("movie").order_by("pk")
        ],
        "groups": [group.created_at.isoformat() for group in watch_groups.groups_of(user)],
        "pending_email": list(
            EmailAddress.objects.filter(user=user).exclude(email__iexact=user.email).values_list("email", flat=True)
        ),
        "tokens": [
            {
                "begins_with": token.token_key[:6],
                "service": token.service.name if hasattr(token, "service") else None,
                "created": token.created.isoformat(),
                "expires": token.expiry and token.expiry.isoformat(),
                "last_used": token.use.used_at.isoformat() if hasattr(token, "use") else None,
            }
            for token in tokens_of(user)
        ],
        "second_factors": second_factors_of(user),
        **{name: read(user) for name, read in _parts.items()},
        "predicted_stars_shown_before_rating": user.shows_predictions,
        "not_interested": [_identified(movie) for movie in selectors.hidden_movies_of(user).prefetch_related(None)],
    }


def _identified(movie: Movie) -> dict[str, Any]:
    return {"title": movie.title, "year": movie.year, "movielens_id": movie.movielens_id}
