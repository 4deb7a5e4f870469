"""Readers of external data: MovieLens releases and TMDB. They must not import Django models."""
