"""Import and export of files: a member's ratings as CSV, MovieLens releases, and Parquet."""
