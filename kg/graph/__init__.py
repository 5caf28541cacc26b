"""The graph: one description of a week, written to an RDF store and to a property graph."""
