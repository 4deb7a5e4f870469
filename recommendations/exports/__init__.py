"""Export recommendations to files."""
