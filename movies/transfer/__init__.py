"""Files in and out: a member's ratings as CSV, releases, and Parquet."""
