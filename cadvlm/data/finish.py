"""The last pass: with every shape known, rows find their place, and what is written stays.

Workers that built the shards knew nothing of each other. One of them reads the keys of all rows and
decides, then the shards are written by many again. What is staged does not change, so that this
pass can be stopped anywhere and begun again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cadvlm.data.duplicates import among, firsts, repeated
from cadvlm.data.receipts import receipt
from cadvlm.data.staging import Fate, Keys, Staging, joined, write_table
from cadvlm.dataset import QUARANTINE_SCHEMA, SPLITS
from cadvlm.records import Refusal
from cadvlm.storage import Folder

SHARDS = "shards"
"""Folder with one receipt for every finished shard."""


class Verdict(NamedTuple):
    """What N rows are to each other and to the references."""

    reference: NDArray[np.int64]
    """(N,) the reference with the shape of the row; -1 where there is none."""
    twin: NDArray[np.int64]
    """(N,) the first row that asks the same about the same shape; mostly the row itself."""
    split: NDArray[np.int8]
    """(N,) that of the first row with the shape: equal shapes never stand in two splits."""


def judge(rows: Keys, references: Keys, deduplicate: bool) -> Verdict:
    """Compare every row with the rows before it and with the references."""
    first = firsts(rows.shapes)
    reference = among(rows.shapes, references.shapes, references.faceted)
    # What equals a contaminated row is contaminated, be it a hair beyond the reference's tolerance.
    reference = np.where(reference < 0, reference[first], reference)
    twin = repeated(first, rows.questions) if deduplicate else np.arange(len(first))
    return Verdict(reference, twin, rows.splits[first])


def decide(shards: Sequence[str], references: Keys, deduplicate: bool, out: str) -> None:
    """Judge all rows, and put what becomes of those of each shard beside it.

    For this alone somebody has to know of every row, 300 bytes for each, and that is a worker:
    the driver knows of shards.
    """
    staging = Staging(Folder(out))
    keys = staging.keys(shards)
    rows = joined(keys)
    verdict = judge(rows, references, deduplicate)
    start = 0
    for name, own in zip(shards, keys, strict=True):
        stop = start + len(own.splits)
        fates = [_fate(row, start, verdict, rows, references) for row in range(start, stop)]
        staging.put_fates(name, [fate for fate in fates if fate])
        start = stop


def _fate(row: int, start: int, verdict: Verdict, rows: Keys, references: Keys) -> Fate | None:
    reference, twin = int(verdict.reference[row]), int(verdict.twin[row])
    split = SPLITS[verdict.split[row]]
    if reference >= 0:
        detail = f"the same shape as {references.names[reference]}"
        return Fate(row - start, split, "contamination", detail)
    if twin != row:
        return Fate(row - start, split, "duplicate", f"the same shape as {rows.names[twin]}")
    return Fate(row - start, split) if verdict.split[row] != rows.splits[row] else None


def finish(shard: dict[str, Any], out: str) -> dict[str, Any]:
    """Write the shard of a ``name`` for good. The receipt comes last: without one it is done
    again."""
    folder, name = Folder(out), shard["name"]
    staging = Staging(folder)
    built, refused = staging.get(name)
    splits, dropped = built["split"].to_pylist(), []
    for fate in staging.fates(name):
        splits[fate.row] = fate.split
        if fate.reason:
            splits[fate.row] = None
            dropped.append(_refusal(built.slice(fate.row, 1), fate))
    place = built.schema.get_field_index("split")
    built = built.set_column(place, "split", pa.array(splits, pa.string()))
    samples = built.filter(pc.is_valid(built["split"]))
    more = pa.Table.from_pylist([row.to_row() for row in dropped], schema=QUARANTINE_SCHEMA)
    refusals = pa.concat_tables([refused, more])
    tables = {split: samples.filter(pc.equal(samples["split"], split)) for split in SPLITS}
    for kind, table in [*tables.items(), ("quarantine", refusals)]:
        if table.num_rows:
            write_table(folder, f"{kind}/part-{name}.parquet", table)
    summary = receipt(samples, refusals)
    folder.write(f"{SHARDS}/{name}.json", json.dumps(summary))
    return {"name": name, "written": summary["written"], "dropped": len(dropped)}


def _refusal(row: pa.Table, fate: Fate) -> Refusal:
    assert fate.reason
    [sample] = row.select(["id", "source", "code", "images"]).to_pylist()
    pictures = [image["png"] for image in sample["images"]]
    return Refusal(
        sample["id"],
        sample["source"],
        "filter",
        fate.reason,
        fate.detail,
        code=sample["code"],
        picture=pictures[0] if pictures else None,
    )
