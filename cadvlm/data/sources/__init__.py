"""Readers: one module for each source, as it ships.

A reader is two functions and a licence. ``shards`` cuts a source into units of work without opening
more than its tables; ``read`` turns one unit into parts, and everything it cannot use into
refusals: as many of both together as it has read.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Protocol, cast

from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.records import Part, Refusal

Items = tuple[str, ...]
"""What one shard reads: file names, or a range."""


class Reader(Protocol):
    """What a module in this folder offers."""

    LICENCE: str
    """Of the data, in its publisher's words; empty when only the user can know."""

    def shards(self, source: SourceConfig, rows: int) -> Iterator[Items]:
        """Units of work of about ``rows`` parts each.

        Raises:
            InputError: the source is not there or holds nothing.
        """

    def read(
        self, source: SourceConfig, items: Items, config: PrepareConfig
    ) -> Iterator[Part | Refusal]:
        """Every part of one unit, or why it was refused; ``source`` is one of ``config``'s."""


def reader(name: str) -> Reader:
    """The reader of a source."""
    return cast(Reader, import_module(f"{__name__}.{name}"))
