"""Text2CAD (Khan et al., NeurIPS 2024): texts for DeepCAD's parts, of four levels of detail.

As it ships: a table (``text2cad_v1.1.csv``) with a ``uid``, ``0032/00321578``, and a text for each
of ``abstract``, ``beginner``, ``intermediate`` and ``expert``; JSON lines of the same are read as
well. The designs lie in ``minimal_json/`` or ``cad_json/`` beside it (``designs`` names another
place): in Text2CAD's own words (:mod:`cadvlm.sequences.text2cad`), as their archive unpacks, or
DeepCAD's files, in folders or not.

Each text is a row: text to code. What its numbers mean is not DeepCAD's metre: the authors moved
the part into the corner of the axes and scaled it, by the bounding box that DeepCAD states, until
its longest side is 0.75. So are the programs of all rows here, else nobody could tell them from the
text. Their own designs fit the texts best: what the authors misread in DeepCAD's, one in fifteen
extents, the texts say as well.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.data.sources import tables
from cadvlm.data.sources.designs import refused, stem, written
from cadvlm.records import Part, Refusal
from cadvlm.sequences import deepcad, text2cad
from cadvlm.sequences.deepcad import METRE_MM
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.features import Tree, load
from cadvlm.sequences.model import ConstructionSequence
from cadvlm.sequences.resize import resized
from cadvlm.storage import Folder

LICENCE = "CC BY-NC-SA 4.0"
SUFFIXES = (".csv", ".jsonl")
DESIGNS = ("minimal_json", "cad_json")
LEVELS = ("abstract", "beginner", "intermediate", "expert")

LONGEST = 0.75
"""Side of a part in the unit of the texts."""


def shards(source: SourceConfig, rows: int) -> Iterator[tuple[str, ...]]:
    """Ranges of the table's records, so many that they make about ``rows``."""
    folder, names = tables.found(source, *SUFFIXES)
    each = max(1, len(_levels(source)))
    for unit in tables.shards_of_all(folder, names, max(1, rows // each), source.limit):
        yield (unit,)


def read(
    source: SourceConfig, items: tuple[str, ...], config: PrepareConfig
) -> Iterator[Part | Refusal]:
    """One row a text; its id is the part's and the level, ``0032/00321578-expert``."""
    folder, _ = tables.found(source, *SUFFIXES)
    beside = [folder / name for name in DESIGNS]
    designs = [Folder(source.designs)] if source.designs else beside
    for item in items:
        name = tables.name_of(item)
        for number, fields in tables.read(folder, item):
            place, uid = f"{name}, record {number}", f"{stem(name)}-{number:08}"
            try:
                if isinstance(fields, Unreadable):
                    raise fields
                uid = str(fields.get("uid") or uid)
                part = written(uid, source, _design(designs, uid), config)
            except Unreadable as error:
                part, fields = refused(uid, source, error, place), {}
            yield from _rows(source, part, fields, place)


def _levels(source: SourceConfig) -> Sequence[str]:
    return LEVELS if source.levels is None else source.levels


def _rows(
    source: SourceConfig, part: Part | Refusal, texts: dict[str, Any], place: str
) -> Iterator[Part | Refusal]:
    """The part once for each text, or as it is where none is asked for."""
    images = None if source.pictures == "drawn" else ()
    for level in _levels(source):
        row_id, text = f"{part.id}-{level}", texts.get(level)
        if isinstance(part, Refusal):
            yield replace(part, id=row_id)
        elif isinstance(text, str) and text.strip():
            yield replace(part, id=row_id, prompt=text.strip(), images=images)
        else:
            error = Unreadable("no_text", f"{level} is {text!r:.40}")
            yield refused(row_id, source, error, place)
    if not _levels(source):
        yield part


def _design(folders: Sequence[Folder], uid: str) -> ConstructionSequence:
    """The design of a part, in the unit of its texts.

    Raises:
        Unreadable: it is not there, cannot be read, or states no bounding box.
    """
    number = posixpath.basename(uid)
    for name in (f"{uid}/minimal_json/{number}.json", f"{uid}.json", f"{number}.json"):
        for folder in folders:
            if ".." not in name.split("/") and folder.exists(name):
                return _read(folder.read(name).decode(errors="replace"), name)
    places = " or ".join(folder.uri for folder in folders)
    raise Unreadable("no_design", f"there is no design of {uid} in {places}")


def _read(text: str, name: str) -> ConstructionSequence:
    tree = load(text, set(), "not_a_design")
    if "parts" in tree:
        return text2cad.read(text)
    if "sequence" in tree:
        return _as_told(deepcad.read(text), tree)
    raise Unreadable("no_design", f"{name} has neither 'parts' nor a 'sequence'")


def _as_told(sequence: ConstructionSequence, tree: Tree) -> ConstructionSequence:
    try:
        box = tree["properties"]["bounding_box"]
        low, high = ([METRE_MM * box[end][axis] for axis in "xyz"] for end in _ENDS)
    except (KeyError, TypeError) as error:
        raise Unreadable("malformed", f"bounding_box: {error}") from None
    longest = max(b - a for a, b in zip(low, high, strict=True))
    if not longest > 0:
        raise Unreadable("malformed", f"a bounding box {longest:g} mm long")
    x, y, z = low
    return resized(sequence, LONGEST / longest, (x, y, z))


_ENDS = ("min_point", "max_point")
