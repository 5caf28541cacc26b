"""The starter CLIP: what it sees and reads while it learns, and how it is judged."""
