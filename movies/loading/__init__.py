"""Loading of MovieLens releases into the database, in one transaction."""
