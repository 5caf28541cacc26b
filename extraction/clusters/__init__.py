"""Style clusters that live from week to week: how posts join them, and what becomes of them."""
