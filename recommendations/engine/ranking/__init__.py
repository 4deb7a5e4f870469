"""Top-k rankers: the article's, the exact one and the approximate Annoy index, with benchmarks."""
