"""Numerical core of the recommender: training, fold-in, ranking and evaluation. It uses no Django and no database."""
