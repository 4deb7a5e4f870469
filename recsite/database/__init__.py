"""Read replicas, statement timeouts, the Redis cache, and estimates of table sizes."""
