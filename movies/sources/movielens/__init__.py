"""Reading and validation of MovieLens releases, without Django."""
