"""Offline evaluation: protocols, metrics, baselines and confidence intervals."""
