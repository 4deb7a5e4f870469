"""Sign-up rules for allauth, keys for login throttling, and the export of personal data."""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from movies import selectors, watch_groups
from movies.models import MOVIELENS_USERNAME, Movie, MovieTag, User
from recsite.operations.clients import limit_key


class AccountAdapter(DefaultAccountAdapter):
    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Reserve the usernames that the loader gives to MovieLens users."""
        if username.lower().startswith(MOVIELENS_USERNAME):
            raise ValidationError(f"Usernames starting with “{MOVIELENS_USERNAME}” are reserved. Choose another one.")
        return super().clean_username(username, shallow)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return what allauth's limits count a client by; all clients of a bare Unix socket are one."""
        return limit_key(request) or "local"


def name_tried(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Return the username or email of a login attempt, for django-axes."""
    fields = credentials or getattr(request, "POST", {})
    return str(fields.get("username") or fields.get("email") or fields.get("login") or "").casefold()[:255]


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
            for rating in selectors.ratings_of(user)
        ],
        "tags": [{**_identified(tag.movie), "tag": tag.tag.name, "tagged": tag.tagged_at.isoformat()} for tag in tags],
        "watchlist": [_identified(movie) for movie in selectors.watchlist_of(user)],
        "groups": [group.created_at.isoformat() for group in watch_groups.groups_of(user)],
        "predicted_stars_shown_before_rating": user.shows_predictions,
        "not_interested": [_identified(movie) for movie in selectors.hidden_movies_of(user)],
    }


def _identified(movie: Movie) -> dict[str, Any]:
    return {"title": movie.title, "year": movie.year, "movielens_id": movie.movielens_id}
