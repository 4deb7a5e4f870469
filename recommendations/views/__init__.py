"""Views of the recommendation pages and fragments."""
