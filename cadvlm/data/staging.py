"""Shards that are built and not yet judged, put aside on storage.

A shard is two files, and the second one says that it is complete: a run that was killed does again
what lacks it. Nothing here changes once it is written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cadvlm.data.shape_key import parse
from cadvlm.dataset import QUARANTINE_SCHEMA, SAMPLE_SCHEMA, SPLITS
from cadvlm.records import Refusal, Sample
from cadvlm.storage import Folder

FACETED = ("stl", "obj")
"""Kinds of shape files that hold triangles instead of surfaces."""

_READERS = 16
"""Files whose keys are read at a time: on a remote storage that is mostly waiting."""


class Keys(NamedTuple):
    """By which N rows are judged: some tens of bytes for each."""

    names: pa.ChunkedArray
    """(N,) ``SOURCE/ID``, as people are told of them."""
    shapes: NDArray[np.float32]
    """(N, MEASURES), see :mod:`cadvlm.data.shape_key`; not a number where there is no shape."""
    questions: NDArray[np.int64]
    """(N,) hashes of what is asked about the shapes."""
    splits: NDArray[np.int8]
    """(N,) places in ``SPLITS``."""
    faceted: NDArray[np.bool_]
    """(N,) whether the shape is a triangle mesh."""


class Staged(NamedTuple):
    """What was made of a shard: samples and refusals, after ``cadvlm.dataset``'s schemas."""

    built: pa.Table
    refused: pa.Table


class Fate(NamedTuple):
    """What becomes of a row that does not simply stay as it is."""

    row: int
    """Place in its shard."""
    split: str
    """Where it goes, unless it is dropped."""
    reason: str | None = None
    """Why it is dropped: ``duplicate`` or ``contamination``."""
    detail: str = ""


class Staging:
    """The folder of staged shards inside a dataset folder; gone when the dataset is finished."""

    def __init__(self, out: Folder) -> None:
        self._out, self._folder = out, out / "staged"

    @property
    def notes(self) -> Folder:
        """Where workers leave word of what they are busy with; see :mod:`cadvlm.data.attempts`."""
        return self._folder / "notes"

    def put(self, name: str, samples: Sequence[Sample], refusals: Sequence[Refusal]) -> None:
        """Put a shard aside."""
        for kind, rows, schema in (
            ("refused", refusals, QUARANTINE_SCHEMA),
            ("built", samples, SAMPLE_SCHEMA),
        ):
            table = pa.Table.from_pylist([row.to_row() for row in rows], schema=schema)
            write_table(self._folder, f"{kind}/{name}.parquet", table)

    def names(self) -> set[str]:
        """The shards that are there."""
        files = (self._folder / "built").names(".parquet")
        return {file.removesuffix(".parquet") for file in files}

    def get(self, name: str) -> Staged:
        """What was made of a shard."""
        return Staged(self._read("built", name), self._read("refused", name))

    def put_fates(self, name: str, fates: Sequence[Fate]) -> None:
        """Put aside what becomes of some rows of a shard, when all are known."""
        self._folder.write(f"fates/{name}.json", json.dumps(fates))

    def fates(self, name: str) -> list[Fate]:
        """What becomes of them."""
        return [Fate(*fate) for fate in self._folder.read_json(f"fates/{name}.json")]

    def clear(self) -> None:
        """Remove the whole folder."""
        self._out.remove("staged")

    def keys(self, names: Sequence[str]) -> list[Keys]:
        """What is known of the rows of each shard."""
        with ThreadPoolExecutor(_READERS) as pool:
            return list(pool.map(lambda name: keys_of(self._read("built", name, COLUMNS)), names))

    def _read(self, kind: str, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        path = self._folder.join(f"{kind}/{name}.parquet")
        return pq.read_table(path, filesystem=self._folder.filesystem, columns=columns)


COLUMNS = ["source", "id", "prompt", "language", "split", "shape_key", "shape_kind"]
"""What :func:`keys_of` looks at."""


def keys_of(rows: pa.Table) -> Keys:
    """The keys of samples, from a table with at least :data:`COLUMNS`."""
    columns = {name: rows[name].to_pylist() for name in COLUMNS}
    named = zip(columns["source"], columns["id"], strict=True)
    # A shape alone asks nothing: it repeats no program and no text, and neither repeats it.
    asked = zip(columns["prompt"], columns["language"], strict=True)
    questions = [_hash(prompt if language else "") for prompt, language in asked]
    return Keys(
        names=pa.chunked_array([["/".join(words) for words in named]], pa.string()),
        shapes=parse(columns["shape_key"]),
        questions=np.array(questions, np.int64),
        splits=np.array([SPLITS.index(split) for split in columns["split"]], np.int8),
        faceted=np.array([kind in FACETED for kind in columns["shape_kind"]], bool),
    )


def joined(keys: Sequence[Keys]) -> Keys:
    """The keys of several tables as one."""
    empty = keys_of(SAMPLE_SCHEMA.empty_table())
    names, *arrays = zip(empty, *keys, strict=True)
    chunks = [chunk for name in names for chunk in name.chunks]
    return Keys(pa.chunked_array(chunks), *(np.concatenate(array) for array in arrays))


def write_table(folder: Folder, name: str, table: pa.Table) -> None:
    """Write a Parquet file in one piece."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    folder.write(name, sink.getvalue().to_pybytes())


@lru_cache(maxsize=1024)
def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little", signed=True)
