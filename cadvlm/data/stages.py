"""The three stages of preparation, each a plain callable on one shard.

:func:`read` turns a shard's files into programs, :class:`Builder` executes, checks and draws them,
and :func:`write` lands the shard on storage. What one stage refuses travels along to the last,
which puts it into quarantine: rows read = rows written + rows quarantined.
"""

from __future__ import annotations

import hashlib
import json
import pickle
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cadvlm.codegen.length import count_tokens
from cadvlm.config.data import PrepareConfig
from cadvlm.data.pairs import unlike
from cadvlm.data.pictures import exports, pictures
from cadvlm.data.solids import digest, measure, solids
from cadvlm.data.sources import Items, reader
from cadvlm.data.split import shape_key, split_of
from cadvlm.dataset import QUARANTINE_SCHEMA, SAMPLE_SCHEMA, SPLITS
from cadvlm.errors import InputError
from cadvlm.execution.result import ExecutionResult, Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.geometry.solid import Solid
from cadvlm.records import Part, Refusal, Sample
from cadvlm.storage import Folder

SHARDS = "shards"
"""Folder with one receipt for every finished shard."""

Shard = dict[str, Any]
"""One shard on its way: ``name`` and ``rows``, our own records, pickled from stage to stage."""


def read(shard: Shard, config: PrepareConfig) -> Shard:
    """Files to programs. ``shard`` has ``name``, ``source`` (an index) and ``items``."""
    source = config.sources[shard["source"]]
    items: Items = tuple(shard["items"])
    parts = reader(source.name).read(source, items, config)
    return {"name": shard["name"], "rows": pickle.dumps(list(parts))}


class Builder:
    """Programs to samples. Holds a warm sandbox and compiled drawing kernels between shards."""

    def __init__(self, config: PrepareConfig) -> None:
        self._config = config
        self._sandbox = Sandbox(config.limits)
        self._exports = exports(config.pictures)

    def __call__(self, shard: Shard) -> Shard:
        rows: list[Part | Refusal] = pickle.loads(shard["rows"])
        parts = [row for row in rows if isinstance(row, Part)]
        results = solids(self._sandbox, parts, self._exports)
        built = [self.build(row, next(results)) if isinstance(row, Part) else row for row in rows]
        return {"name": shard["name"], "rows": pickle.dumps(built)}

    def build(self, part: Part, result: ExecutionResult | None) -> Sample | Refusal:
        """Draw what became of a part, or say why there is nothing to draw.

        ``result`` is None for a caption, which is all there is of its part.
        """
        solid = result.solid if result else None
        if result and solid is None:
            return _failed(part, result, "execute" if part.program else "read")
        if solid and part.program and part.shape is not None:
            filed = measure(self._sandbox, part)
            if filed.solid is None:
                return _failed(part, filed, "read")
            if difference := unlike(solid, filed.solid):
                return Refusal(part.id, part.source, "compare", "another_part", difference)
        images = part.images
        if images is None:
            config = self._config
            try:
                images = pictures(part.id, solid, config.pictures, config.seed) if solid else ()
            except InputError as error:
                return Refusal(part.id, part.source, "render", "not_drawn", str(error))
        words, measures = _written(part), _measured(solid)
        return Sample(
            id=part.id,
            source=part.source,
            split=split_of(measures["shape_key"] or digest(part), self._config.split),
            images=images,
            prompt=self._config.prompt if part.prompt is None else part.prompt,
            sequence=part.sequence,
            **words,
            **measures,
        )


def _failed(part: Part, result: ExecutionResult, stage: str) -> Refusal:
    """A program or, while reading, a shape file that left no solid."""
    broken = stage == "read" and result.status is Status.SYNTAX
    reason = "corrupt_file" if broken else result.status.value
    return Refusal(part.id, part.source, stage, reason, result.error or "")


def _written(part: Part) -> dict[str, Any]:
    """The code, or the file of a part that has none."""
    program = part.program
    if program is None:
        file = {"shape": part.shape, "shape_kind": part.shape_kind}
        return {"language": None, "code": None, "operations": (), "n_tokens": 0, **file}
    return {
        "language": program.language,
        "code": program.code,
        "operations": program.operations,
        "n_tokens": count_tokens(program.code),
    }


def _measured(solid: Solid | None) -> dict[str, Any]:
    if solid is None:
        return dict.fromkeys(("n_faces", "volume", "bbox", "shape_key"))
    return {
        "n_faces": solid.n_faces or None,  # triangles have none to count
        "volume": solid.volume,
        "bbox": solid.bbox,
        "shape_key": shape_key(solid),
    }


def write(shard: Shard, config: PrepareConfig) -> dict[str, Any]:
    """Samples to Parquet. The receipt comes last: a shard without one is done again."""
    out, name, rows = Folder(config.out), shard["name"], pickle.loads(shard["rows"])
    samples = [row for row in rows if isinstance(row, Sample)]
    refusals = [row for row in rows if isinstance(row, Refusal)]
    for split in SPLITS:
        split_rows = [sample.to_row() for sample in samples if sample.split == split]
        _write(out, f"{split}/part-{name}.parquet", split_rows, SAMPLE_SCHEMA)
    quarantine = [refusal.to_row() for refusal in refusals]
    _write(out, f"quarantine/part-{name}.parquet", quarantine, QUARANTINE_SCHEMA)
    receipt = summarise(samples, refusals)
    out.write(f"{SHARDS}/{name}.json", json.dumps(receipt))
    return {"name": name, "read": receipt["read"], "quarantined": receipt["quarantined"]}


def _write(out: Folder, name: str, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    if not rows:
        return
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink, compression="zstd")
    out.write(name, sink.getvalue().to_pybytes())


def summarise(samples: list[Sample], refusals: list[Refusal]) -> dict[str, Any]:
    """A shard's receipt: counts, histograms that add up over shards, and a hash of its content."""
    content = hashlib.sha256()
    for text in _content(samples):
        content.update(text)
    return {
        "read": len(samples) + len(refusals),
        "written": len(samples),
        "quarantined": len(refusals),
        "splits": Counter(sample.split for sample in samples),
        "reasons": Counter(refusal.reason for refusal in refusals),
        "operations": Counter(op for sample in samples for op in sample.operations),
        "n_faces": Counter(s.n_faces for s in samples if s.n_faces is not None),
        "n_tokens": Counter(s.n_tokens for s in samples if s.code is not None),
        "content": content.hexdigest(),
    }


def _content(samples: list[Sample]) -> Iterator[bytes]:
    for sample in samples:
        yield f"{sample.id}\0{sample.split}\0{sample.code or ''}\0".encode()
        yield sample.shape or b""
        for image in sample.images:
            yield image.png
