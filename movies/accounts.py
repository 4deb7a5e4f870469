"""How allauth signs people up here, and what is kept about them."""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

from movies import selectors, watch_groups
from movies.models import MOVIELENS_USERNAME, Movie, MovieTag, User


class AccountAdapter(DefaultAccountAdapter):
    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Keep the names of the people in MovieLens' files free for the loader."""
        if username.lower().startswith(MOVIELENS_USERNAME):
            raise ValidationError(f"Names that begin with “{MOVIELENS_USERNAME}” are reserved.")
        return super().clean_username(username, shallow)


def name_tried(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The name or e-mail address that somebody tries to sign in with."""
    tried = credentials or getattr(request, "POST", {})
    return str(tried.get("username") or tried.get("email") or tried.get("login") or "").casefold()[:255]


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, as throttles see it."""
    return BaseThrottle().get_ident(request) or ""  # type: ignore[arg-type]  # it reads META only


def everything_about(user: User) -> dict[str, Any]:
    """All that is kept about somebody, in a form that can be written as JSON."""
    tags = MovieTag.objects.filter(user=user).select_related("movie", "tag").order_by("pk")
    return {
        "username": user.username,
        "email": user.email,
        "joined": user.date_joined.isoformat(),
        "last_login": user.last_login and user.last_login.isoformat(),
        "ratings": [
            {**_named(rating.movie), "stars": rating.stars, "rated": rating.rated_at.isoformat()}
            for rating in selectors.ratings_of(user)
        ],
        "tags": [{**_named(tag.movie), "tag": tag.tag.name, "tagged": tag.tagged_at.isoformat()} for tag in tags],
        "watchlist": [_named(movie) for movie in selectors.watchlist_of(user)],
        "groups": [group.created_at.isoformat() for group in watch_groups.groups_of(user)],
        "predicted_stars_shown_before_rating": user.shows_predictions,
        "not_interested": [_named(movie) for movie in selectors.hidden_movies_of(user)],
    }


def _named(movie: Movie) -> dict[str, Any]:
    return {"title": movie.title, "year": movie.year, "movielens_id": movie.movielens_id}
