"""Processes, worlds, data sets and clients that benchmarks share; the tests use some of them too."""
