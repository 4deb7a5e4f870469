"""MovieLens releases as they are published: read and checked, without Django."""
