"""Lists, predictions and explanations for requests, from the active version."""
