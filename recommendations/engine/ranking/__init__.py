"""Top-k rankers: the article's, the exact one, Annoy's, and benchmarks of them."""
