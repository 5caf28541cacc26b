"""The folder of real data that some benchmarks read; it is not part of the repository.

Input: the environment variable ZEITGRAPH_TEST_DATA. Output: a path. This module does not know what
the folder contains.
"""

import os
from pathlib import Path

VARIABLE = "ZEITGRAPH_TEST_DATA"


def data_folder() -> Path | None:
    """Returns the folder named by ZEITGRAPH_TEST_DATA; None if the variable is not set."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None
