"""DeepCAD (Wu et al., ICCV 2021): construction sequences of Onshape's public documents.

As it ships: ``cad_json/0000/00000007.json``, the designs in full; ``cad_vec/0000/00000007.h5``, the
same as vectors of 256 steps (:mod:`cadvlm.sequences.cadvec`); and ``train_val_test_split.json``.
That split knows designs by name, and about one in six has its equal among the others; ours follows
the shape. So its file only restricts what is read (``subset``): to train on just what others
trained on, or to make a dataset of just the parts that they test on.
"""

from __future__ import annotations

from collections.abc import Iterator

from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.data.sources.designs import listed, read_designs
from cadvlm.data.sources.files import chunks
from cadvlm.errors import InputError
from cadvlm.records import Part, Refusal
from cadvlm.sequences import cadvec, deepcad
from cadvlm.sequences.model import ConstructionSequence

LICENCE = "Onshape public documents"
SPLIT_FILE = "train_val_test_split.json"


def shards(source: SourceConfig, rows: int) -> Iterator[tuple[str, ...]]:
    """File names, ``rows`` at a time; all subfolders are searched."""
    names = listed(source, SPLIT_FILE, ".json", ".h5")
    if len({name.lower().endswith(".h5") for name in names}) > 1:
        raise InputError(
            f"{source.name}: {source.path}: holds .json and .h5 files, each part twice; "
            "give cad_json or cad_vec"
        )
    yield from chunks(names, rows)


def read(
    source: SourceConfig, items: tuple[str, ...], config: PrepareConfig
) -> Iterator[Part | Refusal]:
    """One part a file; its id is the file's name."""
    yield from read_designs(source, items, config, parse)


def parse(name: str, content: bytes) -> ConstructionSequence:
    """A design file of either kind."""
    if name.lower().endswith(".h5"):
        return cadvec.read(content)
    return deepcad.read(content.decode(errors="replace"))
