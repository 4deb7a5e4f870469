"""Signing in and out of the API by a token."""

from typing import Any

from django.contrib.auth import authenticate
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_serializer
from knox.models import get_token_model
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, Throttled, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT
from rest_framework.views import APIView

from recsite.api import examples
from recsite.api.fields import TextField
from recsite.api.throttling import SharedThrottle


class LoginByAddressThrottle(SharedThrottle):
    """So many tries from one address."""

    scope = "login-address"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"throttle-{self.scope}-{self.get_ident(request)}"


class LoginByNameThrottle(SharedThrottle):
    """So many tries of one name, wherever they come from."""

    scope = "login-name"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        name = request.data.get("username") if isinstance(request.data, dict) else None
        return f"throttle-{self.scope}-{name.casefold().encode().hex()[:200]}" if isinstance(name, str) else None


@extend_schema_serializer(examples=[examples.request({"username": "ada", "password": "lovelace-1815"})])
class CredentialsSerializer(serializers.Serializer[Any]):
    username = TextField(max_length=254, help_text="Or the e-mail address.")
    password = TextField(max_length=1000, trim_whitespace=False)


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Send it as `Authorization: Token …`.")
    expiry = serializers.DateTimeField(allow_null=True)


@extend_schema(tags=["session"])
class Login(APIView):
    """A token for a name and a password."""

    # None by a session or another token: this is where one comes from.
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (LoginByAddressThrottle, LoginByNameThrottle)

    @extend_schema(request=CredentialsSerializer, responses={201: TokenSerializer}, auth=[])
    def post(self, request: Request) -> Response:
        """Make a token for a name and a password."""
        body = CredentialsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        tried = request._request
        user = authenticate(tried, **body.validated_data)
        if vars(tried).pop("axes_locked_out", False):
            raise Throttled(detail="There were too many attempts. Try again in an hour.")
        if user is None:
            raise AuthenticationFailed("The name or the password is wrong.")
        instance, token = get_token_model().objects.create(user=user)
        return Response(TokenSerializer({"token": token, "expiry": instance.expiry}).data, status=HTTP_201_CREATED)

    def get_authenticate_header(self, request: Request) -> str:
        """What makes a refusal 401 and not 403."""
        return "Token"


@extend_schema(tags=["session"], request=None, responses={204: OpenApiResponse(description="Signed out.")})
class Logout(APIView):
    """The end of the token that the request came with."""

    def post(self, request: Request) -> Response:
        """End the token that this request comes with."""
        if not isinstance(request.auth, get_token_model()):
            raise ValidationError("This request came with no token; a browser's session ends at /accounts/logout/.")
        request.auth.delete()
        return Response(status=HTTP_204_NO_CONTENT)


@extend_schema(tags=["session"], request=None, responses={204: OpenApiResponse(description="Signed out everywhere.")})
class LogoutEverywhere(APIView):
    """The end of all tokens of an account."""

    def post(self, request: Request) -> Response:
        """End every token of the account that asks; those that it made for services stay."""
        get_token_model().objects.filter(user=request.user, service=None).delete()
        return Response(status=HTTP_204_NO_CONTENT)
