"""A safetensors file, mapped into memory: of a large file only the parts that are used are read.

Input: the path of a file. Output: its tensors as arrays. The layout is that of safetensors: eight
bytes with the length of the header, the header as JSON, the data.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

DTYPES = {"F32": np.float32, "U8": np.uint8}


class TensorFile:
    """A file of float32 and uint8 tensors; `OSError` or `ValueError` for a damaged header."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            self.header = json.loads(file.read(length))
        self.path, self.begin = path, 8 + length
        self.metadata: Mapping[str, str] = self.header.get("__metadata__", {})

    def tensor(self, name: str) -> Any:
        """The tensor of this name as a read-only array; raises `KeyError` if there is none."""
        entry = self.header[name]
        offset, shape = self.begin + entry["data_offsets"][0], tuple(entry["shape"])
        if not np.prod(shape):
            return np.empty(shape, DTYPES[entry["dtype"]])
        return np.asarray(np.memmap(self.path, DTYPES[entry["dtype"]], "r", offset, shape))
