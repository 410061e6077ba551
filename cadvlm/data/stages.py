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
from cadvlm.data.sources import Items, reader
from cadvlm.data.split import split_of
from cadvlm.dataset import QUARANTINE_SCHEMA, SAMPLE_SCHEMA, SPLITS
from cadvlm.execution.result import ExecutionResult
from cadvlm.execution.sandbox import Sandbox
from cadvlm.geometry.solid import Solid
from cadvlm.records import Part, Refusal, Rendering, Sample
from cadvlm.storage import Folder

DRAWING = "drawing"
"""The view that is no camera, and what the sandbox exports for it."""

SHARDS = "shards"
"""Folder with one receipt for every finished shard."""

Shard = dict[str, Any]
"""One shard on its way: ``name`` and ``rows``, our own records, pickled from stage to stage."""


def read(shard: Shard, config: PrepareConfig) -> Shard:
    """Files to programs. ``shard`` has ``name``, ``source`` (an index) and ``items``."""
    source = config.sources[shard["source"]]
    items: Items = tuple(shard["items"])
    parts = reader(source.name).read(source, items, config.style, config.seed)
    return {"name": shard["name"], "rows": pickle.dumps(list(parts))}


class Builder:
    """Programs to samples. Holds a warm sandbox and compiled drawing kernels between shards."""

    def __init__(self, config: PrepareConfig) -> None:
        self._config = config
        self._sandbox = Sandbox(config.limits)
        self._exports = ("drawing",) if DRAWING in config.pictures.views else ()

    def __call__(self, shard: Shard) -> Shard:
        rows: list[Part | Refusal] = pickle.loads(shard["rows"])
        # Every reader so far has its programs from our own writers.
        programs = [row.program for row in rows if isinstance(row, Part)]
        results = iter(self._sandbox.run_ours(programs, exports=self._exports))
        built = [self.build(row, next(results)) if isinstance(row, Part) else row for row in rows]
        return {"name": shard["name"], "rows": pickle.dumps(built)}

    def build(self, part: Part, result: ExecutionResult) -> Sample | Refusal:
        """Draw what a part's program built, or say why there is nothing to draw."""
        if result.solid is None:
            detail = result.error or ""
            return Refusal(part.id, part.source, "execute", result.status.value, detail)
        return Sample(
            id=part.id,
            source=part.source,
            split=split_of(result.solid, self._config.split),
            language=part.program.language,
            code=part.program.code,
            operations=part.program.operations,
            n_tokens=count_tokens(part.program.code),
            images=self._pictures(part.id, result.solid),
            prompt=self._config.prompt,
            sequence=part.sequence,
            n_faces=result.solid.n_faces,
            volume=result.solid.volume,
            bbox=result.solid.bbox,
        )

    def _pictures(self, name: str, solid: Solid) -> tuple[Rendering, ...]:
        from cadvlm.render import shaded
        from cadvlm.render.drawing.draw import draw, render

        pictures, look = self._config.pictures, self._config.pictures.drawing
        views = [view for view in pictures.views if view != DRAWING]
        shown = shaded.render(solid, views, pictures.size)
        if DRAWING not in pictures.views:
            return shown
        sheet = draw(
            solid,
            title=name,
            projection=look.projection,
            hidden=look.hidden == "dashed",
            dimensions=look.dimensions,
            sheet=look.sheet,
            title_block=look.title_block,
        )
        return (*shown, render(sheet, pictures.size))


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
        "n_faces": Counter(sample.n_faces for sample in samples),
        "n_tokens": Counter(sample.n_tokens for sample in samples),
        "content": content.hexdigest(),
    }


def _content(samples: list[Sample]) -> Iterator[bytes]:
    for sample in samples:
        yield f"{sample.id}\0{sample.split}\0{sample.code}\0".encode()
        for image in sample.images:
            yield image.png
