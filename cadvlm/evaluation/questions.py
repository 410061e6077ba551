"""What the model is asked: every part of a dataset, and blank pictures for the control.

The control is what a model scores without looking. A white picture of the same size, under the same
prompt, has one answer, so it is asked once and judged against every part. A part that is described
in words alone has none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from cadvlm.dataset import Dataset
from cadvlm.references.reference import is_judged

ANSWER_SCHEMA = pa.schema({"id": pa.string(), "text": pa.string(), "blank": pa.string()})
"""One answered question: its raw text, and the id of the blank question that belongs to it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the model is asked about one part."""

    id: str
    prompt: str
    pictures: tuple[bytes, ...]
    """PNGs; none where the prompt says it all."""
    blank: str | None = None
    """Id of the question with white pictures that belongs to this one; None where there is none."""
    is_blank: bool = False
    """Whether it is such a question itself."""


def questions(
    dataset: Dataset, split: str, *, limit: int | None, control: bool, batch: int
) -> Iterator[Question]:
    """The questions of a split, each blank one before the first that belongs to it."""
    asked: set[str] = set()
    for row in islice(_rows(dataset, split, batch), limit):
        blank = _blank(row) if row["images"] else None
        if control and blank and blank.id not in asked:
            asked.add(blank.id)
            yield blank
        pictures = tuple(image["png"] for image in row["images"])
        yield Question(row["id"], row["prompt"], pictures, blank.id if blank else None)


def _rows(dataset: Dataset, split: str, batch: int) -> Iterator[Mapping[str, Any]]:
    for records in dataset.batches(split, ["id", "prompt", "images"], batch, is_judged()):
        yield from records.to_pylist()


def _blank(row: Mapping[str, Any]) -> Question:
    from cadvlm.render.png import encode

    sizes = [(image["height"], image["width"]) for image in row["images"]]
    look = f"{row['prompt']}\0{sizes}"
    name = f"blank:{hashlib.sha256(look.encode()).hexdigest()[:12]}"
    pictures = tuple(encode(np.full(size, 255, np.uint8)) for size in sizes)
    return Question(name, row["prompt"], pictures, is_blank=True)
