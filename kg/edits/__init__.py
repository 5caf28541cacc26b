"""Manual edits of clusters: the file `edits.toml`, its checks, its stage and its commands."""
