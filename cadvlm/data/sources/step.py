"""Shape files: anybody's own STEP, BREP, STL and OBJ.

A shape is measured and drawn, and serves as a reference for evaluation. Code to learn from it has
only where a script goes with it, ``NAME.py`` beside ``NAME.step`` or in the folder ``scripts``.
Then the script is the part, and what it builds must be what the file holds; see
:mod:`cadvlm.data.pairs`.

Several files of one name (``NAME.step``, ``NAME.stl``) are one part, and the first of ``SUFFIXES``
counts. STEP says its unit and comes out in millimetres; the others are in their own. All solids of
an assembly are taken as one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.data.sources.files import everything
from cadvlm.data.sources.scripts import program
from cadvlm.errors import InputError
from cadvlm.records import Part, Refusal
from cadvlm.storage import Folder

LICENCE = ""

SUFFIXES = (".step", ".stp", ".brep", ".stl", ".obj")
"""In the order of preference: a boundary representation before triangles."""

LARGEST = 256 << 20
"""Bytes of the largest file that is opened. STEP of that size takes the kernel some minutes and 5
GB; a limit that is met here costs no time and says what is the matter."""

_SHARD = 64 << 20
"""Bytes of files after which a shard ends, whatever their number: it is in memory as a whole."""

_AND = "\t"
"""Between a shape and its script."""


def shards(source: SourceConfig, rows: int) -> Iterator[tuple[str, ...]]:
    """Names of shape files, each with that of its script where it has one."""
    assert source.path is not None
    names = everything(source, *SUFFIXES)
    kept = preferred((posixpath.splitext(name)[0], name) for name in names)
    scripts = _scripts(source, kept)
    parts = list(kept.items())[: source.limit]
    items = [_AND.join(filter(None, (name, scripts.get(id_)))) for id_, name in parts]
    yield from cut(items, Folder(source.path).sizes([name for _, name in parts]), rows)


def read(
    source: SourceConfig, items: tuple[str, ...], config: PrepareConfig
) -> Iterator[Part | Refusal]:
    """One part a shape; its id is the file's name below the path, without suffix."""
    assert source.path is not None
    home = Folder(source.scripts or source.path)
    for item in items:
        name, _, script = item.partition(_AND)
        code = home.read(script).decode(errors="replace") if script else None
        yield shape(source, posixpath.splitext(name)[0], name, code)


def preferred(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """One file for each part, in the order of the parts: of several the first by suffix."""
    files: dict[str, str] = {}
    for part_id, name in sorted(named, key=lambda pair: (pair[0], _rank(pair[1]), pair[1])):
        files.setdefault(part_id, name)
    return files


def cut(items: Iterable[str], sizes: Iterable[int], rows: int) -> Iterator[tuple[str, ...]]:
    """Shards of at most ``rows`` files, fewer where they are large."""
    shard: list[str] = []
    room = _SHARD
    for item, size in zip(items, sizes, strict=True):
        if shard and (len(shard) == rows or size > room):
            yield tuple(shard)
            shard, room = [], _SHARD
        shard.append(item)
        room -= size
    if shard:
        yield tuple(shard)


def shape(source: SourceConfig, part_id: str, name: str, code: str | None = None) -> Part | Refusal:
    """A shape file as a part."""
    assert source.path is not None
    folder = Folder(source.path)
    [size] = folder.sizes([name])
    if not 0 < size <= LARGEST:
        reason = "too_large" if size else "empty_file"
        detail = f"{name}: {size / 1e6:.0f} MB, at most {LARGEST / 1e6:.0f}" if size else name
        return Refusal(part_id, source.name, "read", reason, detail)
    return Part(
        part_id,
        source.name,
        program(code) if code is not None else None,
        shape=folder.read(name),
        shape_kind=_KINDS[posixpath.splitext(name)[1].lower()],
    )


_KINDS = {".step": "step", ".stp": "step", ".brep": "brep", ".stl": "stl", ".obj": "obj"}


def _rank(name: str) -> int:
    return SUFFIXES.index(posixpath.splitext(name)[1].lower())


def _scripts(source: SourceConfig, shapes: Mapping[str, str]) -> dict[str, str]:
    """The script of each shape that has one, by the shape's id.

    Raises:
        InputError: ``scripts`` is not there, or has none for any of the shapes.
    """
    place = source.scripts or source.path
    assert place is not None
    names = Folder(place).names(".py", recursive=True)
    if source.scripts is None:
        found = {posixpath.splitext(name)[0]: name for name in names}
        return {id_: found[id_] for id_ in shapes if id_ in found}
    found = {posixpath.basename(posixpath.splitext(name)[0]): name for name in names}
    pairs = {id_: found[base] for id_ in shapes if (base := posixpath.basename(id_)) in found}
    if not pairs:
        raise InputError(
            f"{source.name}: scripts: {source.scripts}: holds no script with the name of a shape"
        )
    return pairs
