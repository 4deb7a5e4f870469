"""What members are shown and choose, and experiments with it."""
