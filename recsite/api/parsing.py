"""The API's JSON parser, which accepts only what the rest of the site can store."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.status import HTTP_413_REQUEST_ENTITY_TOO_LARGE

MOST_BYTES = 2_000_000
"""Bytes of a body; the largest allowed import has half of them."""
MOST_CONTAINERS = 50_000
"""Brackets and braces in a body: an empty list takes fifty times its two bytes in memory."""
DEEPEST = 20
"""Levels of nesting; bodies of the API have three."""


class TooLargeError(APIException):
    status_code = HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"The body has more than {MOST_BYTES:,} bytes or {MOST_CONTAINERS:,} lists. Send it in parts."
    default_code = "too_large"


class JsonParser(JSONParser):
    """Parse JSON in UTF-8.

    Refuse bodies over `MOST_BYTES`, nesting beyond `DEEPEST`, infinite numbers and halves of surrogate pairs.
    """

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES or content.count(b"[") + content.count(b"{") > MOST_CONTAINERS:
            raise TooLargeError
        try:
            text = content.decode((parser_context or {}).get("encoding", "utf-8"))
            parsed = json.loads(text, parse_float=_finite, parse_constant=_finite)
        except RecursionError:
            raise ParseError(f"JSON parse error - nested more than {DEEPEST} levels deep") from None
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from None
        _check(parsed, halves="\\ud" in text.lower())
        return parsed


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is not a finite number")
    return number


def _check(parsed: Any, *, halves: bool) -> None:
    """Check nesting and, if the text escapes surrogates, every string."""
    level = [parsed]
    for _ in range(DEEPEST + 1):
        if not level:
            return
        if halves:
            texts = [value for value in level if isinstance(value, str)]
            texts += [name for value in level if isinstance(value, dict) for name in value]
            if any("\ud800" <= character <= "\udfff" for text in texts for character in text):
                raise ParseError("JSON parse error - half of a surrogate pair is not text")
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]
    raise ParseError(f"JSON parse error - nested more than {DEEPEST} levels deep")
