"""Names in texts: recognisers by rules and by models."""
