"""Everybody's recommendations as files."""
