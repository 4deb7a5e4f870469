"""Reranking of lists: steering, group fairness, similar items and explanations."""
