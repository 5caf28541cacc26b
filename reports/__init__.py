"""What we tell people: evidence, checked sentences, pages and galleries."""
