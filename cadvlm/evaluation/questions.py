"""What the model is asked: every picture of a dataset, and blank ones for the control.

The control is what a model scores without looking. A white picture of the same size, under the same
prompt, has one answer, so it is asked once and judged against every part.
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
from cadvlm.errors import InputError

ANSWER_SCHEMA = pa.schema({"id": pa.string(), "text": pa.string(), "blank": pa.string()})
"""One answered question: its raw text, and the id of the blank question that belongs to it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the model is asked about one part."""

    id: str
    prompt: str
    pictures: tuple[bytes, ...]
    """PNGs."""
    blank: str | None = None
    """Id of the question with white pictures that belongs to this one; None in such a question."""


def questions(
    dataset: Dataset, split: str, *, limit: int | None, control: bool, batch: int
) -> Iterator[Question]:
    """The questions of a split, each blank one before the first that belongs to it."""
    asked: set[str] = set()
    for row in islice(_rows(dataset, split, batch), limit):
        if not row["images"]:
            raise InputError(f"{dataset.folder.uri}/{split}: part {row['id']} has no picture")
        blank = _blank(row)
        if control and blank.id not in asked:
            asked.add(blank.id)
            yield blank
        pictures = tuple(image["png"] for image in row["images"])
        yield Question(row["id"], row["prompt"], pictures, blank.id)


def _rows(dataset: Dataset, split: str, batch: int) -> Iterator[Mapping[str, Any]]:
    for records in dataset.batches(split, ["id", "prompt", "images"], batch):
        yield from records.to_pylist()


def _blank(row: Mapping[str, Any]) -> Question:
    from cadvlm.render.png import encode

    sizes = [(image["height"], image["width"]) for image in row["images"]]
    look = f"{row['prompt']}\0{sizes}"
    name = f"blank:{hashlib.sha256(look.encode()).hexdigest()[:12]}"
    pictures = tuple(encode(np.full(size, 255, np.uint8)) for size in sizes)
    return Question(name, row["prompt"], pictures)
