"""The catalogue of entities, links from names in texts to it, and facts counted from them."""
