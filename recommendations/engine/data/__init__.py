"""Interactions, item features, rating weights, train/test splits and training targets."""
