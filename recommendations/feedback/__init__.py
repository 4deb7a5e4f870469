"""Impressions, clicks and A/B experiments."""
