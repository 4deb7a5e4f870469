"""Tests of recommendations.backups."""
