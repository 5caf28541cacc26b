"""Search for the posts that are most similar to a post, a picture or a text."""
