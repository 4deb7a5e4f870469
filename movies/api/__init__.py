"""Endpoints of the catalogue and of a member's own ratings."""
