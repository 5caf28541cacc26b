"""The bundled image maker: how its pictures are posed, how it learns, how it is judged."""
