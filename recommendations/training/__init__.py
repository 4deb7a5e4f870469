"""A training run, from the rows of ratings to a published version."""
