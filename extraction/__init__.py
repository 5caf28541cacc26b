"""What posts say: reading, vectors, clusters in time, mentions and links."""
