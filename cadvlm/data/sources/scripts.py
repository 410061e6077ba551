"""CadQuery programs that others wrote: folders of scripts, and tables of texts with programs.

A folder of ``*.py`` at any depth, one part each: CAD-Recode (``train/batch_00/0.py``, ...), what
Text-to-CadQuery has in its ``CadQuery.zip``, or anybody's own. ``NAME.txt`` beside ``NAME.py`` is
its text.

A table, given by its path: Text-to-CadQuery's ``data_train.jsonl`` (``input``, ``output``); JSON,
CSV or Parquet with a ``prompt`` and the program under ``code``, ``cadquery``, ``output`` or
``completion``; or chats (``messages`` of ``user`` and ``assistant``).

A part with a text is text to code, with pictures too where ``pictures`` is ``drawn``; one without
is picture to code. Which of its names holds the result is found out when it is executed.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from cadvlm.codegen.answer import program_text
from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.data.sources import tables
from cadvlm.data.sources.designs import refused
from cadvlm.data.sources.files import chunks, find
from cadvlm.records import CadProgram, Part, Refusal
from cadvlm.scoring.compactness import calls
from cadvlm.sequences.errors import Unreadable
from cadvlm.storage import Folder

LICENCE = ""

_IDS = ("id", "uid", "deepcad_id")
_TEXTS = ("prompt", "input", "instruction")
_PROGRAMS = ("code", "cadquery", "output", "completion")

_MOVES = {
    "Workplane", "Plane", "Vector", "Location", "workplane", "copyWorkplane", "transformed",
    "sketch", "moveTo", "move", "center", "origin", "push", "pushPoints", "close", "add", "end",
    "val", "vals", "faces", "edges", "wires", "vertices", "solids", "tag", "finalize", "reset",
    "translate", "rotate", "rotateAboutCenter", "clean", "export", "",
}  # fmt: skip
"""Calls that neither draw nor build."""

_WRITERS = {
    "export", "exportShape", "exportStl", "exportStep", "exportBrep", "exportBin", "exportSvg",
    "save",
}  # fmt: skip


def shards(source: SourceConfig, rows: int) -> Iterator[tuple[str, ...]]:
    """Names of scripts, or a range of a table's records."""
    assert source.path is not None
    if not tables.is_table(source.path):
        yield from chunks(find(source, ".py"), rows)
        return
    folder, names = tables.found(source)
    for unit in tables.shards_of_all(folder, names, rows, source.limit):
        yield (unit,)


def read(
    source: SourceConfig, items: tuple[str, ...], config: PrepareConfig
) -> Iterator[Part | Refusal]:
    """One part a script or record. Its id is the record's, or the script's name below the path."""
    assert source.path is not None
    if tables.is_table(source.path):
        folder, [name] = tables.found(source)
        for item in items:
            for record in tables.read(folder, item):
                yield _of_record(source, name, record)
        return
    folder = Folder(source.path)
    texts = [f"{posixpath.splitext(name)[0]}.txt" for name in items]
    for name, text, size in zip(items, texts, folder.sizes(texts), strict=True):
        said = folder.read(text).decode(errors="replace").strip() if size else None
        yield _of_script(source, name, folder.read(name), said)


def program(text: str) -> CadProgram:
    """A program that somebody else wrote, without fences and without what only writes files."""
    code = without_exports(program_text(text))
    words = (word for word in calls(code) if word not in _MOVES)
    return CadProgram(code, operations=tuple(word for word, _ in groupby(words)))


def without_exports(code: str) -> str:
    """The program without its last words: statements that write the part to somebody's disk.

    Text-to-CadQuery's all end so, each with the name of its part. A comment that announces one
    goes with it.
    """
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code
    lines = code.split("\n")
    for node in reversed(body):
        start, end = node.lineno - 1, node.end_lineno or node.lineno
        after = lines[end - 1].encode()[node.end_col_offset :].strip()
        if node.col_offset or (after and not after.startswith(b"#")) or not _writes(node):
            continue
        if start and lines[start - 1].startswith("#") and "export" in lines[start - 1].lower():
            start -= 1
        del lines[start:end]
    return "\n".join(lines).rstrip() + "\n"


def _writes(node: ast.stmt) -> bool:
    """Whether all that a statement does is to write something that is already there."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=called))):
            others = sum(isinstance(part, ast.Call) for part in ast.walk(node)) - 1
            return called in _WRITERS and not others
    return False


def _of_script(source: SourceConfig, name: str, content: bytes, said: str | None) -> Part | Refusal:
    part_id = posixpath.splitext(name)[0]
    try:
        code = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Refusal(part_id, source.name, "read", "not_text", f"{name}: {error}")
    if not code.strip():
        return Refusal(part_id, source.name, "read", "no_code", f"{name}: an empty file")
    return _part(source, part_id, code, said)


def _of_record(source: SourceConfig, name: str, record: tables.Record) -> Part | Refusal:
    part_id = f"{posixpath.splitext(name)[0]}-{record.number:08}"
    try:
        if isinstance(record.fields, Unreadable):
            raise record.fields
        part_id = _first(record.fields, _IDS) or part_id
        return _part(source, part_id, *_said(record.fields))
    except Unreadable as error:
        return refused(part_id, source, error, f"{name}, record {record.number}")


def _said(fields: dict[str, Any]) -> tuple[str, str | None]:
    """The program and the text that asks for it."""
    turns = fields.get("messages")
    if isinstance(turns, list):
        spoken = [turn for turn in turns if isinstance(turn, dict)]
        said = {str(turn.get("role")): turn.get("content") for turn in spoken}
        code, text = _first(said, ("assistant",)), _first(said, ("user",))
    else:
        code, text = _first(fields, _PROGRAMS), _first(fields, _TEXTS)
    if code is None:
        expected = f"{', '.join(_PROGRAMS)} or messages"
        raise Unreadable("no_code", f"found the keys {sorted(fields)}, expected {expected}")
    return code, text


def _first(fields: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """The first of these fields that says something."""
    values = (fields.get(name) for name in names)
    return next((str(value) for value in values if value not in (None, "")), None)


def _part(source: SourceConfig, part_id: str, code: str, said: str | None) -> Part:
    images = () if said and source.pictures != "drawn" else None
    return Part(part_id, source.name, program(code), prompt=said, images=images)
