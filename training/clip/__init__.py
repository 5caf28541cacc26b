"""The starter CLIP: its training texts and pictures, its training, and how it is evaluated."""
