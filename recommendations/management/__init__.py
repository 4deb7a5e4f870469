"""Management commands of the recommender, their options and output."""
