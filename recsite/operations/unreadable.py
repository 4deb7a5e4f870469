"""Middleware that refuses requests whose text cannot be read or stored, or is too long."""

import codecs
import logging
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import TypeVar

from django.db import DataError
from django.http import HttpRequest, HttpResponse, QueryDict

from recsite.operations.failures import refusal

logger = logging.getLogger(__name__)

CHARSETS = {"ascii", "cp1252", "iso8859-1", "utf-8"}
"""What JSON is sent in; Django takes forms in UTF-8 only. Python knows more, some of which are no text (zlib)."""
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
NOT_TEXT = re.compile("[\0\ud800-\udfff]")
"""Null characters, which PostgreSQL rejects, and halves of surrogate pairs, which UTF-8 cannot encode."""


LARGEST_FORM = 100_000
"""Bytes of a form; only views with `takes_large_forms` read more."""

View = TypeVar("View", bound=Callable[..., HttpResponse])


def takes_large_forms(view: View) -> View:
    """Mark a view that reads files or texts of many kilobytes, and shows no field of the form again."""
    vars(view)["takes_large_forms"] = True
    return view


class UnreadableMiddleware:
    """Answer 400 to a request that is not text, at once or when a view fails on it; 401 to such credentials."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if NOT_TEXT.search(request.path_info):
            return refusal(request, HTTPStatus.BAD_REQUEST, "The address contains characters that are not text.")
        if not _known((request.content_params or {}).get("charset", "")):
            return refusal(request, HTTPStatus.BAD_REQUEST, "Send the body as UTF-8; this charset is not supported.")
        credentials = request.META.get("HTTP_AUTHORIZATION", "")
        if not credentials.isascii() or NOT_TEXT.search(credentials):
            return refusal(request, HTTPStatus.UNAUTHORIZED, "The Authorization header must be ASCII text.")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, *_: object) -> HttpResponse | None:
        """Refuse a large form before it is read: its page would contain it again."""
        match = request.resolver_match
        if getattr(view, "takes_large_forms", False) or (match and match.app_name == "admin"):
            return None
        length = request.META.get("CONTENT_LENGTH") or "0"
        if request.content_type in FORMS and length.isdecimal() and int(length) > LARGEST_FORM:
            return refusal(request, HTTPStatus.BAD_REQUEST, f"The form has more than {LARGEST_FORM:,} bytes.")
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 400 if the error comes from text that the database or UTF-8 does not accept.

        Views that expect such text handle it; this is for the rest, packages included.
        """
        if not isinstance(exception, ValueError | DataError) or not any(map(NOT_TEXT.search, _texts(request))):
            return None
        logger.info("A request that is not text was refused: %s", exception)
        return refusal(request, HTTPStatus.BAD_REQUEST, "The request contains characters that are not text.")


def _known(charset: str) -> bool:
    """Return whether a charset is one of `CHARSETS`, or unknown to Python, in which case Django ignores it."""
    try:
        return codecs.lookup(charset).name in CHARSETS
    except (LookupError, ValueError):
        return True


def _texts(request: HttpRequest) -> Iterator[str]:
    yield from request.COOKIES.values()
    # The form as far as the view has read it: reading a body again would fail.
    for fields in (request.GET, getattr(request, "_post", None) or QueryDict()):
        for name, values in fields.lists():
            yield from (name, *values)
