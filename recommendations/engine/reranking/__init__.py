"""Steering, group lists, similar items and explanations."""
