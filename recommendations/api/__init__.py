"""REST API of the recommender."""
