"""Shared parts of the REST API: permissions, tokens, throttles, pagination, errors, the OpenAPI document."""
