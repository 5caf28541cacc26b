"""A table as one file for other programs: Parquet, CSV or JSON Lines, by the file's ending.

Written aside and renamed. In CSV, lists are JSON, and a text that a spreadsheet takes for a formula
is kept as it is, since CSV is data here (RFC 4180), not a spreadsheet.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.base.files import replacing
from zeitgraph.kg.workspace.workspace import Workspace


def export_table(workspace: Workspace, name: str, out: Path) -> int:
    """Write the whole table called `name` to `out`; the number of rows written.

    Raises `UnknownName` for an unknown table, `InputError` for another ending.
    """
    ending = out.suffix.removeprefix(".")
    if ending not in _WRITERS:
        *most, last = (f".{known}" for known in _WRITERS)
        raise InputError(
            f"cannot write a table as «{out.name}»",
            do=f"end its name in {', '.join(most)} or {last}",
        )
    data = workspace.read_all(name)
    with replacing(out) as file:
        _WRITERS[ending](data, file)
    return int(data.num_rows)


def _write_parquet(data: pa.Table, file: IO[bytes]) -> None:
    pq.write_table(data, file, compression="zstd")


def _write_csv(data: pa.Table, file: IO[bytes]) -> None:
    for index, field in enumerate(data.schema):
        if pa.types.is_list(field.type):
            texts = [None if v is None else json.dumps(v) for v in data[field.name].to_pylist()]
            data = data.set_column(index, field.name, pa.array(texts, pa.string()))
        elif pa.types.is_timestamp(field.type):
            stamps = pc.strftime(data[field.name], format="%Y-%m-%dT%H:%M:%SZ")
            data = data.set_column(index, field.name, stamps)
    pa_csv.write_csv(data, file)


def _write_jsonl(data: pa.Table, file: IO[bytes]) -> None:
    for row in data.to_pylist():
        line = json.dumps(row, ensure_ascii=False, default=lambda moment: moment.isoformat())
        file.write(line.encode("utf-8") + b"\n")


_WRITERS: Mapping[str, Callable[[pa.Table, IO[bytes]], None]] = {
    "parquet": _write_parquet,
    "csv": _write_csv,
    "jsonl": _write_jsonl,
}
