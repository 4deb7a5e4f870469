"""Search of movies and tags that forgives spelling: one matcher in memory, the same for every database."""
