"""Reads posts: finds files, checks rows and pictures, stores them, determines the language."""
