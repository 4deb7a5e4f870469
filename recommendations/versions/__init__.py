"""Model versions: registry, artifacts on disk and shared storage."""
