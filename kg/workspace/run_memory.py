"""What a run remembers of the tables on disk: weeks, digests, and the rows of small partitions.

A run holds the workspace, so nobody else writes while it lasts: what was listed, hashed or read
once need not be listed, hashed or read again. Large partitions are not kept. This module knows
nothing about files.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

import pyarrow as pa

SMALL = 1 << 20
"""Bytes in memory up to which a partition is kept: opening a small file costs more than reading."""

LIMIT = 128 << 20
"""Bytes that all kept partitions may take together; the one used longest ago goes first."""

Partition = tuple[str, str]
"""The name of a table and a week."""


@dataclass
class RunMemory:
    """Weeks by table, digests by partition, and the rows of small partitions."""

    weeks: dict[str, list[str]] = field(default_factory=dict)
    digests: dict[Partition, str] = field(default_factory=dict)
    _rows: "OrderedDict[Partition, pa.Table]" = field(default_factory=OrderedDict)
    _size: int = 0

    def rows(self, partition: Partition) -> pa.Table | None:
        """All rows and columns of a partition, or None if they are not kept."""
        found = self._rows.get(partition)
        if found is not None:
            self._rows.move_to_end(partition)
        return found

    def keep(self, partition: Partition, data: pa.Table) -> None:
        """Keep the rows of a partition in place of older ones, unless they are large."""
        self.drop(partition)
        if data.nbytes > SMALL:
            return
        self._rows[partition] = data
        self._size += data.nbytes
        while self._size > LIMIT:
            self._size -= self._rows.popitem(last=False)[1].nbytes

    def drop(self, partition: Partition) -> None:
        """Let go of the rows of a partition."""
        old = self._rows.pop(partition, None)
        if old is not None:
            self._size -= old.nbytes

    def wrote(self, partition: Partition, data: pa.Table, digest: str) -> None:
        """Note what a partition holds now; an empty digest means that it is gone."""
        self.keep(partition, data)
        self.digests[partition] = digest
        name, week = partition
        if name in self.weeks:
            others = (other for other in self.weeks[name] if other != week)
            self.weeks[name] = sorted([*others, week] if digest else others)
