"""Offline evaluation of the model against baselines, and of the rankers."""
