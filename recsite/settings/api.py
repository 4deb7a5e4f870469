"""Settings of REST framework and of the OpenAPI document that do not depend on the environment."""

REST = {
    # Token authentication comes first: it refuses with 401 and a challenge, a session with 403.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "recsite.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["recsite.api.permissions.IsMember"],
    "DEFAULT_PARSER_CLASSES": ["recsite.api.parsing.JsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "recsite.api.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "recsite.api.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": [
        "recsite.api.throttling.VisitorThrottle",
        "recsite.api.throttling.MemberThrottle",
        "recsite.api.throttling.ServiceThrottle",
    ],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR = {
    "TITLE": "recsite API",
    "DESCRIPTION": "Movies, your ratings, and recommendations based on your ratings.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": True},
    "COMPONENT_SPLIT_REQUEST": True,
}
