"""The dataset folder: its schemas, and how it is opened.

``train/ val/ test/`` and ``quarantine/`` hold Parquet shards, ``manifest.json`` says what they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pads

from cadvlm.errors import InputError
from cadvlm.storage import Folder

SPLITS = ("train", "val", "test")

SAMPLE_SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "source": pa.string(),
        "split": pa.string(),
        "language": pa.string(),
        "code": pa.string(),
        "operations": pa.list_(pa.string()),
        "n_tokens": pa.int32(),
        "images": pa.list_(
            pa.struct(
                {
                    "view": pa.string(),
                    "style": pa.string(),
                    "width": pa.int32(),
                    "height": pa.int32(),
                    "png": pa.binary(),
                }
            )
        ),
        "prompt": pa.string(),
        "sequence": pa.string(),
        "n_faces": pa.int32(),
        "volume": pa.float64(),
        "bbox": pa.list_(pa.float64()),
        "shape_key": pa.string(),
        "shape": pa.binary(),
        "shape_kind": pa.string(),
        "plan": pa.string(),
        "plain_instead": pa.bool_(),
    }
)
"""One row a :class:`cadvlm.records.Sample`."""

QUARANTINE_SCHEMA = pa.schema(
    {
        **dict.fromkeys(("id", "source", "stage", "reason", "detail", "code"), pa.string()),
        "picture": pa.binary(),
    }
)
"""One row a :class:`cadvlm.records.Refusal`."""


class Dataset:
    """A finished dataset folder, read shard by shard."""

    def __init__(self, uri: str) -> None:
        """Open a folder.

        Raises:
            InputError: there is no finished dataset.
        """
        self.folder = Folder(uri)
        if not self.folder.exists("manifest.json"):
            raise InputError(
                f"{uri}: no dataset here (expected the manifest.json that jobs.prepare writes)"
            )
        self.manifest: dict[str, Any] = self.folder.read_json("manifest.json")

    def count(self, split: str) -> int:
        """Rows of a split."""
        return int(self.manifest["splits"][split])

    @property
    def licences(self) -> dict[str, str]:
        """The licence of each source, by the name that its rows have: for cards of whatever is made
        of them."""
        return {name: books["licence"] for name, books in self.manifest["sources"].items()}

    def read(
        self, split: str, columns: Sequence[str] | None = None, limit: int | None = None
    ) -> pa.Table:
        """Rows of a split, in the order of the shards.

        Raises:
            InputError: the split is empty.
        """
        table, names = self._open(split), list(columns or SAMPLE_SCHEMA.names)
        return table.to_table(columns=names) if limit is None else table.head(limit, columns=names)

    def batches(
        self,
        split: str,
        columns: Sequence[str],
        size: int,
        keep: pads.Expression | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """The same rows, or those to ``keep``, at most ``size`` at a time.

        Only a few batches are in memory, however large the split is. Raises as :meth:`read` does.
        """
        scanned = self._open(split).to_batches(
            columns=list(columns),
            filter=keep,
            batch_size=size,
            batch_readahead=2,
            fragment_readahead=1,
        )
        yield from (batch for batch in scanned if batch.num_rows)

    def _open(self, split: str) -> pads.Dataset:
        shards = (self.folder / split).names(".parquet")
        if not shards or self.count(split) == 0:
            raise InputError(f"{self.folder.uri}: the {split} split is empty")
        paths = [self.folder.join(f"{split}/{name}") for name in shards]
        return pads.dataset(
            paths, schema=SAMPLE_SCHEMA, filesystem=self.folder.filesystem, format="parquet"
        )
