"""DeepCAD (Wu et al., ICCV 2021): construction sequences of Onshape's public documents as JSON."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cadvlm.codegen import cadquery
from cadvlm.config.data import SourceConfig
from cadvlm.data.sources.files import chunks, find
from cadvlm.records import Part, Refusal
from cadvlm.sequences import deepcad
from cadvlm.sequences.errors import Unreadable
from cadvlm.storage import Folder


def shards(source: SourceConfig, rows: int) -> Iterator[tuple[str, ...]]:
    """File names, ``rows`` at a time; ``cad_json/`` is searched with all its subfolders."""
    yield from chunks(find(source, ".json"), rows)


def read(
    source: SourceConfig, items: tuple[str, ...], style: str, seed: int
) -> Iterator[Part | Refusal]:
    """One part a file; its id is the file's name."""
    assert source.path is not None
    folder = Folder(source.path)
    for name in items:
        part_id = os.path.splitext(os.path.basename(name))[0]
        try:
            sequence = deepcad.read(folder.read(name).decode(errors="replace"))
        except Unreadable as error:
            yield Refusal(part_id, source.name, "read", error.reason, f"{name}: {error}")
            continue
        program = cadquery.write(sequence, "verbatim" if style == "verbatim" else "idiomatic")
        yield Part(part_id, source.name, program, sequence.to_json())
