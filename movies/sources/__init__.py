"""Readers of other people's data: MovieLens releases and TMDB. No Django models here."""
