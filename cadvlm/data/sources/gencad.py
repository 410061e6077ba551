"""GenCAD-Code (Doris et al., CAD-Coder, 2025): DeepCAD's parts as CadQuery, each with a picture.

Three ways in which it is found, all read:

- Hugging Face's Parquet: ``deepcad_id``, ``image``, ``prompt``, ``cadquery``;
- LLaVA's conversations as JSON, as CAD-Coder was trained on them: ``id``, ``image``,
  ``conversations``;
- CAD-Coder's questions as JSON lines: ``question_id``, ``image``, ``text``, ``ground_truth``.

The latter two have their pictures in ``images/`` (``images`` names another place). Programs are
theirs, to the letter, on DeepCAD's grid of 256 steps and in its unit: the part reaches to 0.75.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.data.sources import conversations, tables
from cadvlm.data.sources.designs import refused, stem
from cadvlm.data.sources.photos import Photos, beside, rendering
from cadvlm.data.sources.scripts import program
from cadvlm.records import Part, Refusal, Rendering
from cadvlm.sequences.errors import Unreadable

LICENCE = "Apache-2.0"
SUFFIXES = (".parquet", ".json", ".jsonl")

_VIEW = re.compile(r"_\d{1,2}$")
"""Of the picture of a part, after the part's number."""


def shards(source: SourceConfig, rows: int) -> Iterator[tuple[str, ...]]:
    """Ranges of the tables' rows."""
    folder, names = tables.found(source, *SUFFIXES)
    for unit in tables.shards_of_all(folder, names, rows, source.limit):
        yield (unit,)


def read(
    source: SourceConfig, items: tuple[str, ...], config: PrepareConfig
) -> Iterator[Part | Refusal]:
    """One part a row; its id is DeepCAD's number of it."""
    folder, _ = tables.found(source, *SUFFIXES)
    photos = beside(source, folder)
    for item in items:
        name = tables.name_of(item)
        for number, fields in tables.read(folder, item):
            part_id = f"{stem(name)}-{number:08}"
            try:
                if isinstance(fields, Unreadable):
                    raise fields
                part_id = _part_id(fields) or part_id
                yield _part(part_id, source, fields, photos, config)
            except Unreadable as error:
                yield refused(part_id, source, error, f"{name}, record {number}")


def _part_id(fields: dict[str, Any]) -> str | None:
    if fields.get("deepcad_id"):
        return str(fields["deepcad_id"])
    named = conversations.part_id(fields)
    return named and _VIEW.sub("", named)


def _part(
    part_id: str,
    source: SourceConfig,
    fields: dict[str, Any],
    photos: Photos | None,
    config: PrepareConfig,
) -> Part:
    asked, told = _said(fields)
    images = None if source.pictures == "drawn" else (_picture(fields, photos, config),)
    return Part(part_id, source.name, program(told), prompt=asked, images=images)


def _said(fields: dict[str, Any]) -> tuple[str, str]:
    """The instruction and the program."""
    for asked, told in (("prompt", "cadquery"), ("text", "ground_truth")):
        match fields.get(asked), fields.get(told):
            case str(text), str(code) if code.strip():
                return text.replace(conversations.MARKER, "").strip(), code
    return conversations.turns(fields)


def _picture(fields: dict[str, Any], photos: Photos | None, config: PrepareConfig) -> Rendering:
    match fields.get("image"):
        case {"bytes": bytes(content), "path": name}:
            pass
        case str(name) if photos is not None:
            content = photos.read(name)
        case name:
            raise Unreadable("missing_picture", f"image is {name!r:.60}, and there is no images/")
    largest = max(config.pictures.pixels)
    return rendering(str(name), content, largest, view="iso", style="shipped")
