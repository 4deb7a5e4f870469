"""What all endpoints of the REST API share: access, tokens, throttles, paging, errors, the OpenAPI document."""
