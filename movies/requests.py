"""The authenticated member of a request, and addresses that it names."""

from urllib.parse import SplitResult, urlsplit

from django.http import HttpRequest

from movies.models import User


def member(request: HttpRequest) -> User:
    """Return the authenticated member; the view must already require login."""
    if not isinstance(request.user, User):
        raise TypeError("The request is not authenticated. Protect the view with `login_required` or `for_members`.")
    return request.user


def split_url(text: str) -> SplitResult | None:
    """Split an address that a client sent; None if it is malformed, such as `http://[`."""
    try:
        return urlsplit(text)
    except ValueError:
        return None
