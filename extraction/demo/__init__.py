"""The demo world: posts, pictures and truth drawn from a seed, and a small CLIP that knows it."""
