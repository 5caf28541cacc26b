"""zeitgraph: posts become style clusters, a knowledge graph, weekly trend reports and galleries.

Every command of the command line is a function of the same name in `zeitgraph.cli`. This file does
no work, so that importing the package costs nothing.
"""

__version__ = "0.2.0"
