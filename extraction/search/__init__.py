"""Which posts are like a post, a picture or a text."""
