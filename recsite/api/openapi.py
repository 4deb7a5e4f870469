"""The OpenAPI schema generator, which documents the error responses of every operation."""

from typing import Any

from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.utils import Direction
from rest_framework.permissions import AllowAny

from recsite.api.errors import ErrorSerializer

_MEANINGS = {
    "400": "A parameter or field is wrong; each error names it.",
    "401": "Sign in: the token is missing, wrong or expired.",
    "403": "Not allowed.",
    "404": "It does not exist, or it belongs to another user.",
    "406": "Responses are JSON only.",
    "413": "The request body is too large.",
    "414": "The URL is too long.",
    "415": "Request bodies are JSON only.",
    "429": "Too many requests: wait for the seconds in `Retry-After`.",
    "503": "Temporarily unavailable.",
}


class AutoSchema(SpectacularSchema):
    """Add to every operation the errors that it may return."""

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        if direction == "response":
            for code in sorted(self._errors() - responses.keys()):
                # The server rejects a URL that is too long before it reaches us, so the body is not ours.
                body = {} if code == "414" else self._get_response_for_code(ErrorSerializer, code, direction=direction)
                responses[code] = {**body, "description": _MEANINGS[code]}
        return responses

    def _errors(self) -> set[str]:
        codes = {"401", "404", "406", "429", "503"}
        if self.method in ("POST", "PUT", "PATCH"):
            codes |= {"400", "413", "415"}
        if self._get_parameters():
            codes |= {"400", "414"}
        if self.method != "GET" or not all(isinstance(rule, AllowAny) for rule in self.view.get_permissions()):
            # Also the response to a browser session without a CSRF token.
            codes.add("403")
        return codes
