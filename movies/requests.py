"""The authenticated member of a request."""

from django.http import HttpRequest

from movies.models import User


def member(request: HttpRequest) -> User:
    """Return the authenticated member; the view must already require login."""
    if not isinstance(request.user, User):
        raise TypeError("The request is not authenticated. Protect the view with `login_required` or `for_members`.")
    return request.user
