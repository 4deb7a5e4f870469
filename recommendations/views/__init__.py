"""Pages of what is recommended."""
