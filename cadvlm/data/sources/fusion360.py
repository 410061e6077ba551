"""The Fusion 360 Gallery's reconstruction dataset (Willis et al., 2021): designs by its users.

As it ships: ``reconstruction/20203_7e31e92a_0000.json`` beside shapes and pictures of it, and
``train_test.json``, which restricts what is read by ``subset``. Sketches of lines, arcs and circles
are read in full, Intersect included. Ellipses, splines and tapers are not in the vocabulary that
DeepCAD gave to this field, nor in a construction sequence: such files are refused by that name.
"""

from __future__ import annotations

from collections.abc import Iterator

from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.data.sources.designs import listed, read_designs
from cadvlm.data.sources.files import chunks
from cadvlm.records import Part, Refusal
from cadvlm.sequences import fusion360
from cadvlm.sequences.model import ConstructionSequence

LICENCE = "Fusion 360 Gallery Dataset License: non-commercial research"
SPLIT_FILE = "train_test.json"


def shards(source: SourceConfig, rows: int) -> Iterator[tuple[str, ...]]:
    """File names, ``rows`` at a time; all subfolders are searched."""
    yield from chunks(listed(source, SPLIT_FILE, ".json"), rows)


def read(
    source: SourceConfig, items: tuple[str, ...], config: PrepareConfig
) -> Iterator[Part | Refusal]:
    """One part a file; its id is the file's name."""
    yield from read_designs(source, items, config, _parse)


def _parse(_: str, content: bytes) -> ConstructionSequence:
    return fusion360.read(content.decode(errors="replace"))
