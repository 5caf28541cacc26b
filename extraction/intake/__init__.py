"""Posts come in: files are read, rows and pictures are checked, the language is settled."""
