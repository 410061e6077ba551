"""Micro-batches for one worker, made ready while it computes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import torch
from PIL import Image, UnidentifiedImageError
from transformers import BatchFeature, ProcessorMixin

from cadvlm.errors import InputError
from cadvlm.models.collate import Encoded, collate
from cadvlm.models.prompt import encode_each

COLUMNS = ("id", "code", "prompt", "images")
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
        """The samples of these rows as one batch with labels, padded on the right."""
        missing = [row for row in dict.fromkeys(rows) if row not in self._kept]
        fresh = dict(zip(missing, self._encode(missing), strict=True)) if missing else {}
        samples = [fresh.get(row) or self._kept[row] for row in rows]
        for row, sample in fresh.items():
            if sample.nbytes <= self._room:
                self._room -= sample.nbytes
                self._kept[row] = sample
        return collate(samples, self.processor, "right")

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

    def _encode(self, rows: Sequence[int]) -> list[Encoded]:
        # Row by row: taking from a chunked table would first join its chunks.
        samples: list[dict[str, Any]] = [self.rows.slice(row, 1).to_pylist()[0] for row in rows]
        encoded = encode_each(
            self.processor,
            [sample["prompt"] for sample in samples],
            [_pictures(sample) for sample in samples],
            [sample["code"] for sample in samples],
        )
        return [
            Encoded(sample.text, {n: self._cast(v) for n, v in sample.vision.items()})
            for sample in encoded
        ]

    def _cast(self, value: torch.Tensor) -> torch.Tensor:
        return value.to(self.dtype) if value.is_floating_point() else value


def _pictures(sample: dict[str, Any]) -> list[Image.Image]:
    try:
        return [Image.open(io.BytesIO(picture["png"])) for picture in sample["images"]]
    except UnidentifiedImageError:
        raise InputError(f"sample {sample['id']}: one of its pictures is not a picture") from None
