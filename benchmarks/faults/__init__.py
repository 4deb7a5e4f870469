"""Fault injection: every fault that the site must survive, injected into real processes."""
