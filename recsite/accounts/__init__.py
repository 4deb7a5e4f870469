"""Second factors, idle sessions of staff, and passwords of staff."""
