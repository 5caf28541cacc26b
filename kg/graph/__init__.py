"""The graph: one description of each week, written to an RDF store and to a property graph."""
