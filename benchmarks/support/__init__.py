"""Processes, worlds, data sets and clients for benchmarks; tests use some of them too."""
