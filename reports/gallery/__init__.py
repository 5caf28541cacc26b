"""The gallery of a week: exemplary posts, mosaics and prototype pictures of each cluster."""
