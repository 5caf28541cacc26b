"""Edits of clusters by a person: the file `edits.toml`, its checks and its commands."""
