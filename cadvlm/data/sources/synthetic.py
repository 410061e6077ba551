"""Synthetic parts: parametric families, made on the spot."""

from __future__ import annotations

from collections.abc import Iterator

from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.records import Part, Refusal
from cadvlm.sequences import synthetic

LICENCE = "Apache-2.0"


def shards(source: SourceConfig, rows: int) -> Iterator[tuple[str, ...]]:
    """Ranges of part numbers, written ``start:stop``."""
    assert source.limit is not None
    for start in range(0, source.limit, rows):
        yield (f"{start}:{min(start + rows, source.limit)}",)


def read(
    source: SourceConfig, items: tuple[str, ...], config: PrepareConfig
) -> Iterator[Part | Refusal]:
    """The parts of the ranges; an id is the family and the number."""
    for item in items:
        start, stop = map(int, item.split(":"))
        for number in range(start, stop):
            family, program = synthetic.part(config.seed, number)
            yield Part(f"{family}-{number:08}", source.name, program, ours=True)
