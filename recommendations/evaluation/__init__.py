"""Offline evaluation of the site's model beside baselines, and of its rankers."""
