"""The image maker: what it learns from, how it is trained, and how it is evaluated."""
