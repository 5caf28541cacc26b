"""Seeds that tests draw: the same in every run of `make test`, fresh in `make fuzz`."""

import random


def new_seed() -> int:
    """The next seed of the file, fixture or test that runs (`tests/conftest.py` restarts each)."""
    return random.randrange(2**32)
