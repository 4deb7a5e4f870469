"""Back up and restore the whole site: all rows of the database, and the model versions that serve."""
