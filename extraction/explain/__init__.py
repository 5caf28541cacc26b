"""What is measured of a post, and rules over it that set a cluster apart."""
