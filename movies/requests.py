"""Who asks."""

from django.http import HttpRequest

from movies.models import User


def member(request: HttpRequest) -> User:
    """The member that a request comes from.  The view must already have asked visitors to sign in."""
    if not isinstance(request.user, User):
        raise TypeError("Nobody is signed in: guard the view by `login_required` or `for_members`.")
    return request.user
