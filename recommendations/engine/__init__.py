"""The numbers of the recommender: fitting, folding in, ranking, measuring.  Knows no Django and no database."""
