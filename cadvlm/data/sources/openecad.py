"""OpenECAD (Yuan et al., 2024): DeepCAD's parts as programs of its own language, with pictures.

As it ships: LLaVA's conversations as JSON (``data_3d.json``, ``code_default_directout_3k.json``),
each of an ``id``, an ``image``, an instruction and an answer that holds a program of either
dialect; rows of ``id`` and ``code``, or the ``text`` that holds it, are read as well. The pictures
are archives of their own, to be unpacked into ``images/`` (``images`` names another place); for
those that are not there, the part is drawn. In ``deepcad_json/`` may lie designs that have not been
converted yet.

With ``language`` openecad a row keeps its program and its instruction, to the letter. Otherwise its
program is read, and written again in the language that was asked for.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cadvlm.codegen.answer import program_text
from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.data.sources import conversations, deepcad, tables
from cadvlm.data.sources.designs import read_designs, refused, stem, written
from cadvlm.data.sources.files import chunks
from cadvlm.data.sources.photos import Photos, beside, rendering
from cadvlm.records import Part, Refusal, Rendering
from cadvlm.sequences import openecad
from cadvlm.sequences.errors import Unreadable

LICENCE = "MIT"
DESIGNS = "deepcad_json"
SUFFIXES = (".json", ".jsonl")


def shards(source: SourceConfig, rows: int) -> Iterator[tuple[str, ...]]:
    """Names of designs, then ranges of the tables' rows."""
    folder, names = tables.found(source, *SUFFIXES)
    designs = [name for name in names if _is_design(name)][: source.limit]
    yield from chunks(designs, rows)
    left = None if source.limit is None else source.limit - len(designs)
    programs = [name for name in names if not _is_design(name)]
    for unit in tables.shards_of_all(folder, programs, rows, left):
        yield (unit,)


def read(
    source: SourceConfig, items: tuple[str, ...], config: PrepareConfig
) -> Iterator[Part | Refusal]:
    """One part a design or a row; its id is the name of the picture, else the row's own."""
    if _is_design(items[0]):
        yield from read_designs(source, items, config, deepcad.parse)
        return
    folder, _ = tables.found(source, *SUFFIXES)
    photos = beside(source, folder)
    for item in items:
        name = tables.name_of(item)
        for number, fields in tables.read(folder, item):
            part_id = f"{stem(name)}-{number:08}"
            try:
                if isinstance(fields, Unreadable):
                    raise fields
                part_id = conversations.part_id(fields) or part_id
                yield _part(part_id, source, fields, photos, config)
            except Unreadable as error:
                yield refused(part_id, source, error, f"{name}, record {number}")


def _is_design(name: str) -> bool:
    return posixpath.basename(posixpath.dirname(name)) == DESIGNS


def _part(
    part_id: str,
    source: SourceConfig,
    fields: dict[str, Any],
    photos: Photos | None,
    config: PrepareConfig,
) -> Part | Refusal:
    asked, told = _said(fields)
    code = program_text(told)
    part = written(part_id, source, openecad.read(code), config)
    if isinstance(part, Refusal):
        return part
    if source.pictures != "drawn":
        part = replace(part, images=_pictures(fields, photos, config))
    if config.language != "openecad":
        return part
    assert part.program is not None
    return replace(part, program=replace(part.program, code=code), ours=False, prompt=asked)


def _said(fields: dict[str, Any]) -> tuple[str | None, str]:
    for key in ("code", "text"):
        if isinstance(fields.get(key), str):
            return None, fields[key]
    return conversations.turns(fields)


def _pictures(
    fields: dict[str, Any], photos: Photos | None, config: PrepareConfig
) -> tuple[Rendering, ...] | None:
    """The row's picture; None for one that is to be drawn, because it is not there."""
    name = fields.get("image")
    if photos is None or not isinstance(name, str):
        return None
    try:
        largest = max(config.pictures.pixels)
        return (rendering(name, photos.read(name), largest, view="openecad", style="shipped"),)
    except Unreadable:
        return None
