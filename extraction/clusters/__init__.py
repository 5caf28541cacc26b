"""Style clusters that live through time: how posts find them, and what becomes of them."""
