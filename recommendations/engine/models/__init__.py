"""Models, their embeddings, and fold-in of new users."""
