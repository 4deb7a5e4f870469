"""Loads a MovieLens release into the database, all or nothing."""
