"""Which models there are, how to fetch one, and whether all that is needed is installed."""
