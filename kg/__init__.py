"""The ground floor: records, tables, settings, the graph and the questions one may ask it."""
