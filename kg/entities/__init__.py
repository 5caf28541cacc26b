"""The catalogue of entities, entity linking, and the facts counted from the links."""
