"""Samples of different lengths into one batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch.nn import functional
from transformers import BatchFeature, ProcessorMixin


class Encoded(NamedTuple):
    """One sample as a model reads it."""

    text: dict[str, torch.Tensor]
    """Sequences of one length (T,): ``input_ids``, ``attention_mask``, perhaps ``labels``."""

    vision: dict[str, torch.Tensor]
    """What the processor made of the pictures, in its own shapes; joined along the first axis.
    Empty for text alone."""

    @property
    def nbytes(self) -> int:
        """Memory that the sample takes."""
        return sum(value.nbytes for part in self for value in part.values())

    @property
    def length(self) -> int:
        """Number of tokens."""
        return len(self.text["input_ids"])

    def extended(self, tail: Encoded) -> Encoded:
        """This sample with the tokens and the pictures of another behind its own."""
        text = {name: torch.cat([value, tail.text[name]]) for name, value in self.text.items()}
        return Encoded(text, {**self.vision, **tail.vision})


def collate(
    samples: Sequence[Encoded], processor: ProcessorMixin, side: Literal["left", "right"]
) -> BatchFeature:
    """Pad to the longest sample, on the given side, and join; samples may be without pictures."""
    fill = {"input_ids": processor.tokenizer.pad_token_id, "labels": -100}
    text = {
        name: _pad([sample.text[name] for sample in samples], fill.get(name, 0), side)
        for name in samples[0].text
    }
    seen = [sample.vision for sample in samples if sample.vision]
    vision = {name: _join([vision[name] for vision in seen]) for name in (seen or [{}])[0]}
    return BatchFeature({**text, **vision})


def _pad(rows: list[torch.Tensor], fill: int, side: Literal["left", "right"]) -> torch.Tensor:
    return torch.nn.utils.rnn.pad_sequence(rows, True, fill, padding_side=side)


def _join(values: list[torch.Tensor]) -> torch.Tensor:
    """Join along the first axis; where others differ (pictures cut into tiles) zeros fill up."""
    largest = [max(sizes) for sizes in zip(*(value.shape[1:] for value in values), strict=True)]
    return torch.cat([_grow(value, largest) for value in values])


def _grow(value: torch.Tensor, sizes: list[int]) -> torch.Tensor:
    missing = [size - have for size, have in zip(sizes, value.shape[1:], strict=True)]
    if not any(missing):
        return value
    return functional.pad(value, [n for size in reversed(missing) for n in (0, size)])
