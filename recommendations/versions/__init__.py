"""Versions of the model: their rows, folders and shared storage."""
