"""Models, their embeddings, and fold-in of users without a trained vector."""
