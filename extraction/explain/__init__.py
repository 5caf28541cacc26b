"""Measurements of posts, and the rules over them that set a cluster apart."""
