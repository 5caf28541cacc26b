"""Texts and pictures become unit vectors."""
