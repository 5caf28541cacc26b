"""Seeds that tests draw: the same in every run of `make test`, fresh in `make fuzz`."""

import os
import random

FUZZ = os.environ.get("ZEITGRAPH_FUZZ", "")
"""What `make fuzz` draws afresh; a failure of such a run comes again with the same value."""


def new_seed() -> int:
    """The next seed of the file, fixture or test that runs (`tests/conftest.py` restarts each)."""
    return random.randrange(2**32)


def new_seeds(count: int) -> list[int]:
    """`count` seeds in `make fuzz`, and one in `make test`, where they are the same each time."""
    return [new_seed() for _ in range(count if FUZZ else 1)]
