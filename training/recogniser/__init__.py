"""The bundled recogniser: which names and texts it learns from, and how it is judged."""
