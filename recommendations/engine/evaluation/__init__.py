"""Offline evaluation: protocols, metrics, baselines and intervals."""
