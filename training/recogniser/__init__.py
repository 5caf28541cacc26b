"""The starter recogniser: its training texts, its training, and how it is evaluated."""
