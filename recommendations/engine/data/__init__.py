"""Interactions, item features, train/test splits and training targets."""
