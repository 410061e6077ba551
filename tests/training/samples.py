"""A dataset folder as ``jobs.prepare`` writes it, of grey squares whose side is in the code."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from cadvlm.dataset import SAMPLE_SCHEMA
from cadvlm.records import PROMPT, Rendering, Sample

SIZE = 32


def picture(side: int) -> Image.Image:
    """A grey square of so many pixels on white."""
    pixels = np.full((SIZE, SIZE), 255, np.uint8)
    low = (SIZE - side) // 2
    pixels[low : low + side, low : low + side] = 141
    return Image.fromarray(pixels)


def code(side: int) -> str:
    """The program that goes with it."""
    return f'import cadquery as cq\n\nresult = cq.Workplane("XY").box({side}, {side}, 10)\n'


def sample(index: int, split: str) -> Sample:
    """A row; sides from 4 to 27 in turn."""
    side = 4 + index % 24
    png = io.BytesIO()
    picture(side).save(png, "PNG")
    return Sample(
        id=f"square-{index}",
        source="squares",
        split=split,
        language="cadquery",
        code=code(side),
        operations=("box",),
        n_tokens=20,
        images=(Rendering("iso", "shaded", SIZE, SIZE, png.getvalue()),),
        prompt=PROMPT,
        sequence=None,
        n_faces=6,
        volume=10.0 * side**2,
        bbox=(-side / 2, -side / 2, -5, side / 2, side / 2, 5),
    )


def write(
    folder: Path,
    broken: Collection[int] = (),
    changes: Mapping[int, Mapping[str, Any]] | None = None,
    **counts: int,
) -> str:
    """Write splits of so many rows; the folder.

    Rows in ``broken`` have no readable picture; ``changes`` are made to rows of ``train``.
    """
    for split, count in counts.items():
        (folder / split).mkdir(parents=True)
        rows = [sample(index, split).to_row() for index in range(count)]
        for index in broken:
            rows[index]["images"][0]["png"] = b"not a picture"
        for index, change in (changes or {}).items():
            if split == "train":
                rows[index] |= change
        table = pa.Table.from_pylist(rows, schema=SAMPLE_SCHEMA)
        pq.write_table(table, folder / split / "part-00000.parquet", row_group_size=16)
    splits = {"train": 0, "val": 0, "test": 0, **counts}
    (folder / "manifest.json").write_text(json.dumps({"splits": splits}))
    return str(folder)
