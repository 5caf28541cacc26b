"""Finds names in texts, by rules and by models."""
