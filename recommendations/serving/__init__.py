"""Serve lists, predictions and explanations from the active version."""
