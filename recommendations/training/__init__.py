"""Training runs, from ratings to a published version."""
