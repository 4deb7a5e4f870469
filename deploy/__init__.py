"""How recsite is deployed, and the test of it."""
