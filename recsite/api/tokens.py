"""Token authentication of the API: log in, log out, log out everywhere."""

from typing import Any

from django.contrib.auth import authenticate
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_serializer
from knox.models import get_token_model
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, Throttled, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT
from rest_framework.views import APIView

from recsite.accounts import second_factor
from recsite.accounts.forms import AuthenticateForm
from recsite.api import examples
from recsite.api.fields import TextField
from recsite.api.own_tokens import notify_of_token, revoke_member_tokens
from recsite.api.throttling import SharedThrottle
from recsite.identifiers import normalised


class LoginByAddressThrottle(SharedThrottle):
    """Limit login attempts from one IP address."""

    scope = "login-address"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"throttle-{self.scope}-{self.get_ident(request)}"


class LoginByNameThrottle(SharedThrottle):
    """Limit login attempts for one username, from any address."""

    scope = "login-name"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        name = request.data.get("username") if isinstance(request.data, dict) else None
        return f"throttle-{self.scope}-{normalised(name).encode().hex()[:200]}" if isinstance(name, str) else None


@extend_schema_serializer(examples=[examples.request({"username": "ada", "password": "lovelace-1815"})])
class CredentialsSerializer(serializers.Serializer[Any]):
    username = TextField(max_length=254, help_text="Or the email address.")
    password = TextField(max_length=1000, trim_whitespace=False)
    code = TextField(
        max_length=20, required=False, help_text="Of the second factor, or a recovery code; if the account has one."
    )


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Send it as `Authorization: Token …`.")
    expiry = serializers.DateTimeField(allow_null=True)


@extend_schema(tags=["session"])
class Login(APIView):
    """Exchange a username and password for a token."""

    # No session or token is expected: this endpoint issues the token.
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (LoginByAddressThrottle, LoginByNameThrottle)

    @extend_schema(request=CredentialsSerializer, responses={201: TokenSerializer}, auth=[])
    def post(self, request: Request) -> Response:
        """Create a token for a username and a password; an account with a second factor needs its code too."""
        body = CredentialsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        http_request = request._request
        code = body.validated_data.pop("code", None)
        user = authenticate(http_request, **body.validated_data)
        if vars(http_request).pop("axes_locked_out", False):
            raise Throttled(detail="Too many failed attempts. Try again in an hour.")
        if user is None:
            raise AuthenticationFailed("The username or password is wrong.")
        if second_factor.has_factor(user):
            _check_code(user, code)
        instance, token = get_token_model().objects.create(user=user)
        notify_of_token(user)
        return Response(TokenSerializer({"token": token, "expiry": instance.expiry}).data, status=HTTP_201_CREATED)

    def get_authenticate_header(self, request: Request) -> str:
        """Return a challenge, which makes a refusal 401 and not 403."""
        return "Token"


def _check_code(user: Any, code: str | None) -> None:
    if code is None:
        raise AuthenticationFailed("This account has a second factor. Send its code too.", "code_required")
    form = AuthenticateForm(user=user, data={"code": code})
    if not form.is_valid():
        if form.has_error("code", "too_many_login_attempts"):
            raise Throttled(detail="Too many codes. Try again in an hour.")
        raise AuthenticationFailed(form.errors["code"][0], "code_wrong")
    form.authenticator.record_usage()


@extend_schema(tags=["session"], request=None, responses={204: OpenApiResponse(description="Signed out.")})
class Logout(APIView):
    """Revoke the token of the request."""

    def post(self, request: Request) -> Response:
        """Revoke the token that authenticates this request."""
        if not isinstance(request.auth, get_token_model()):
            raise ValidationError(
                f"This request has no token to revoke. End a browser session at {reverse('account_logout')}."
            )
        request.auth.delete()
        return Response(status=HTTP_204_NO_CONTENT)


@extend_schema(tags=["session"], request=None, responses={204: OpenApiResponse(description="Signed out everywhere.")})
class LogoutEverywhere(APIView):
    """Revoke all tokens of an account."""

    def post(self, request: Request) -> Response:
        """Revoke every token of the account; tokens that it created for services remain valid."""
        revoke_member_tokens(request.user)
        return Response(status=HTTP_204_NO_CONTENT)
