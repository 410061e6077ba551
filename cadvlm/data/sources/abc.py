"""ABC (Koch et al., CVPR 2019): a million shapes of Onshape's public documents, without history.

Unpacked chunks of any of its formats: ``abc_0000_step_v00/00000000/00000000_HASH_step_000.step``,
``..._trimesh_000.obj`` and ``.stl``. Geometry only: for evaluation, and for pictures. There is no
code to learn from it, and training says so.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.data.sources import step
from cadvlm.data.sources.files import everything
from cadvlm.errors import InputError
from cadvlm.records import Part, Refusal
from cadvlm.storage import Folder

LICENCE = "each model's is its creator's; Onshape Terms of Use 1.g.ii"

_NAME = re.compile(r"(\d{8})_[0-9a-f]+_(?:step|trimesh)_\d{3}\.(?:step|stl|obj)")


def shards(source: SourceConfig, rows: int) -> Iterator[tuple[str, ...]]:
    """Names of files, one a model: STEP before triangles where there are both."""
    assert source.path is not None
    names = everything(source, ".step", ".stl", ".obj")
    kept = step.preferred((number, name) for name in names if (number := _number(name)))
    if not kept:
        raise InputError(
            f"{source.name}: {source.path}: no file is called as in ABC, such as "
            f"00000000_290a9120f9f249a7a05cfe9c_step_000.step; for other shapes there is name=step"
        )
    files = list(kept.values())[: source.limit]
    yield from step.cut(files, Folder(source.path).sizes(files), rows)


def read(
    source: SourceConfig, items: tuple[str, ...], config: PrepareConfig
) -> Iterator[Part | Refusal]:
    """One part a model; its id is the model's number, as in DeepCAD."""
    for name in items:
        yield step.shape(source, _number(name), name)


def _number(name: str) -> str:
    """A model's eight digits; nothing for a file of another name."""
    match = _NAME.fullmatch(posixpath.basename(name))
    return match[1] if match else ""
