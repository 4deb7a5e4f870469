"""What the OpenAPI document says of every operation alike."""

from typing import Any

from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.utils import Direction
from rest_framework.permissions import AllowAny

from recsite.api.errors import ErrorSerializer

_MEANINGS = {
    "400": "A parameter or field is wrong; each error names it.",
    "401": "Sign in: the token is missing, wrong or expired.",
    "403": "Not allowed.",
    "404": "There is no such thing, or it is not yours.",
    "406": "Only JSON is answered.",
    "413": "The body is too large.",
    "414": "The address is too long.",
    "415": "Only JSON is read.",
    "429": "Too many requests: wait as long as `Retry-After` says.",
    "503": "Not available just now.",
}


class AutoSchema(SpectacularSchema):
    """Every operation with the errors that it may answer."""

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        if direction == "response":
            for code in sorted(self._errors() - responses.keys()):
                # What is too long for the server never reaches us, so its body is not ours.
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
            # Also what a browser's session without a CSRF token is answered.
            codes.add("403")
        return codes
