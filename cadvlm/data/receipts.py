"""The receipt of a shard: counts and histograms that add up over shards, and a hash of its content.

The manifest of a dataset is made of receipts alone, so it costs the same for a thousand rows and
for ten million.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Receipt = dict[str, Any]

COUNTS = ("read", "written", "quarantined", "plain_instead")
"""Of rows; the last one of those whose concise program the kernel took for another solid."""

STATISTICS = ("operations", "n_operations", "n_faces", "n_tokens")
"""Histograms: of operations by name, of how many a part has, of faces and of tokens."""

HISTOGRAMS = ("splits", "stages", "reasons", *STATISTICS)


def receipt(samples: pa.Table, refusals: pa.Table) -> Receipt:
    """What a shard's rows come to; tables after ``cadvlm.dataset``'s schemas."""
    written = samples.filter(pc.is_valid(samples["code"]))
    content = hashlib.sha256()
    for text in _content(samples):
        content.update(text)
    return {
        "read": samples.num_rows + refusals.num_rows,
        "written": samples.num_rows,
        "quarantined": refusals.num_rows,
        "plain_instead": pc.sum(samples["plain_instead"], min_count=0).as_py(),
        "splits": _counted(samples["split"]),
        "stages": _counted(refusals["stage"]),
        "reasons": _counted(refusals["reason"]),
        "operations": _counted(pc.list_flatten(samples["operations"])),
        "n_operations": _counted(pc.list_value_length(written["operations"])),
        "n_faces": _counted(samples["n_faces"]),
        "n_tokens": _counted(written["n_tokens"]),
        "content": content.hexdigest(),
    }


def added(receipts: Iterable[Receipt]) -> Receipt:
    """Receipts as one: counts and histograms added up, contents hashed in their order."""
    counts = dict.fromkeys(COUNTS, 0)
    histograms: dict[str, Counter[str]] = {key: Counter() for key in HISTOGRAMS}
    content = hashlib.sha256()
    for one in receipts:
        for key in COUNTS:
            counts[key] += one[key]
        for key, histogram in histograms.items():
            histogram.update(one[key])
        content.update(one["content"].encode())
    ordered = {key: dict(sorted(h.items(), key=_order)) for key, h in histograms.items()}
    return {**counts, **ordered, "content": content.hexdigest()}


def _counted(values: pa.ChunkedArray) -> dict[str, int]:
    pairs = pc.value_counts(values.drop_null()).to_pylist()
    return {str(pair["values"]): pair["counts"] for pair in pairs}


def _content(samples: pa.Table) -> Iterator[bytes]:
    for row in samples.select(["id", "split", "code", "shape", "images"]).to_pylist():
        yield f"{row['id']}\0{row['split']}\0{row['code'] or ''}\0".encode()
        yield row["shape"] or b""
        for image in row["images"]:
            yield image["png"]


def _order(item: tuple[str, int]) -> tuple[float, str]:
    """Numbers by value, words by frequency."""
    key, count = item
    return (float(key), "") if key.isdigit() else (-count, key)
