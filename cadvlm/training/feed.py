"""Micro-batches for one worker, made ready while it computes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import Any

import pyarrow as pa
import torch
from PIL import Image, UnidentifiedImageError
from transformers import BatchFeature, ProcessorMixin

from cadvlm.codegen.answer import with_plan
from cadvlm.errors import InputError
from cadvlm.models.collate import Encoded, collate
from cadvlm.models.prompt import encode_each, unseen_picture

COLUMNS = ("id", "code", "language", "plan", "prompt", "images")
"""What training reads of a sample."""

_AHEAD = 3
"""Micro-batches that are made before they are asked for."""


class Feed:
    """Encodes rows of a split, and keeps what it encoded while memory allows.

    A picture is decoded and resized once and not once an epoch: on two cores that work would take
    a fifth of the training time of a small model.
    """

    def __init__(
        self,
        rows: pa.Table,
        processor: ProcessorMixin,
        dtype: torch.dtype,
        cache_gb: float,
    ) -> None:
        """``rows`` has :data:`COLUMNS`; pictures are handed out in ``dtype``."""
        self.rows = rows
        self.processor = processor
        self.dtype = dtype
        self._room = int(cache_gb * 2**30)
        self._kept: dict[int, Encoded] = {}

    @property
    def nbytes(self) -> int:
        """Memory that the kept samples take."""
        return sum(sample.nbytes for sample in self._kept.values())

    def batch(self, rows: Sequence[int]) -> BatchFeature:
        """The samples of these rows as one batch with labels; see :meth:`join`."""
        missing = [row for row in dict.fromkeys(rows) if row not in self._kept]
        fresh = dict(zip(missing, self._encode(missing), strict=True)) if missing else {}
        samples = [fresh.get(row) or self._kept[row] for row in rows]
        for row, sample in fresh.items():
            if sample.nbytes <= self._room:
                self._room -= sample.nbytes
                self._kept[row] = sample
        return self.join(samples)

    def questions(self, rows: Sequence[int]) -> list[Encoded]:
        """What these rows ask, without their answers."""
        return self._encode(rows, with_answers=False)

    def join(self, samples: list[Encoded]) -> BatchFeature:
        """Samples as one batch, padded on the right, with a picture in any case."""
        if not any(sample.vision for sample in samples):
            # Every worker must use the same weights in every micro-batch, the tower's too: they
            # exchange weights and gradients in step.
            shortest = min(range(len(samples)), key=lambda place: samples[place].length)
            samples[shortest] = samples[shortest].extended(self._unseen)
        return collate(samples, self.processor, "right")

    @cached_property
    def _unseen(self) -> Encoded:
        return self._cast(unseen_picture(self.processor))

    def batches(self, plan: Iterable[Sequence[int]]) -> Iterator[BatchFeature]:
        """The batches of a plan in order, a few of them made ahead by one thread."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="feed") as pool:
            waiting: list[Future[BatchFeature]] = []
            for rows in plan:
                waiting.append(pool.submit(self.batch, rows))
                if len(waiting) > _AHEAD:
                    yield waiting.pop(0).result()
            for future in waiting:
                yield future.result()

    def _encode(self, rows: Sequence[int], with_answers: bool = True) -> list[Encoded]:
        # Row by row: taking from a chunked table would first join its chunks.
        samples: list[dict[str, Any]] = [self.rows.slice(row, 1).to_pylist()[0] for row in rows]
        encoded = encode_each(
            self.processor,
            [sample["prompt"] for sample in samples],
            [_pictures(sample) for sample in samples],
            [answer(sample) for sample in samples] if with_answers else None,
        )
        return [self._cast(sample) for sample in encoded]

    def _cast(self, sample: Encoded) -> Encoded:
        vision = {
            name: value.to(self.dtype) if value.is_floating_point() else value
            for name, value in sample.vision.items()
        }
        return Encoded(sample.text, vision)


def answer(sample: Mapping[str, Any]) -> str:
    """What a model learns to write for a row: its plan, where it has one, and its code."""
    plan, code = sample["plan"], str(sample["code"])
    return code if plan is None else with_plan(plan, code)


def _pictures(sample: Mapping[str, Any]) -> list[Image.Image]:
    try:
        return [Image.open(io.BytesIO(picture["png"])) for picture in sample["images"] or ()]
    except UnidentifiedImageError:
        raise InputError(f"sample {sample['id']}: one of its pictures is not a picture") from None
