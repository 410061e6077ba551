"""Rows that are kept as they come, so that a killed run goes on where it stopped."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from cadvlm.storage import Folder

_EVERY_S = 10.0
"""A kill costs at most so many seconds of work, and a folder gets at most six files a minute."""


class Shards:
    """A folder of Parquet files that only grows. Use as a context manager around the work."""

    def __init__(self, folder: Folder, schema: pa.Schema) -> None:
        self.schema = schema
        self._folder = folder
        self._pending: list[Mapping[str, Any]] = []
        self._written = len(folder.names(".parquet"))
        # The first rows go out at once: a folder that cannot be written to shows it before work is
        # lost.
        self._at = -_EVERY_S

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.flush()

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Every row that is on storage, or some of its columns."""
        kept = list(columns or self.schema.names)
        names = self._folder.names(".parquet")
        files = (pa.BufferReader(self._folder.read(name)) for name in names)
        tables = [pq.read_table(file, columns=kept) for file in files]
        return pa.concat_tables([self.schema.empty_table().select(kept), *tables])

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take rows; they are on storage some seconds later, or when the work ends."""
        self._pending += rows
        if time.monotonic() - self._at >= _EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Write what is pending."""
        self._at = time.monotonic()
        if self._pending:
            name = f"part-{self._written:06}.parquet"
            write(self._folder, name, pa.Table.from_pylist(self._pending, schema=self.schema))
            self._pending = []
            self._written += 1


def write(folder: Folder, name: str, table: pa.Table) -> None:
    """Write a table as one Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    folder.write(name, sink.getvalue().to_pybytes())
