"""Design files, one part each: what the readers of construction sequences have in common."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from cadvlm.codegen import write
from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.data.sources.files import find
from cadvlm.errors import InputError
from cadvlm.records import Part, Refusal
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.grid import quantized
from cadvlm.sequences.model import ConstructionSequence
from cadvlm.sequences.whole import whole
from cadvlm.storage import Folder

Parse = Callable[[str, bytes], ConstructionSequence]
"""The sequence in a file, by its name and content; raises :class:`Unreadable`."""


def listed(source: SourceConfig, split_file: str, *suffixes: str) -> list[str]:
    """Names of the source's design files, sorted; of its ``subset`` only, where it has one.

    Args:
        source: with a path.
        split_file: how the publisher calls the file that says which part is in which subset. It
            lies beside the designs, or among them, and is none of them.
        suffixes: of the designs.

    Raises:
        InputError: nothing is there, or nothing of the subset.
    """
    assert source.path is not None
    names = [
        name
        for name in find(source.model_copy(update={"limit": None}), *suffixes)
        if posixpath.basename(name) != split_file
    ]
    if source.subset is not None:
        above = posixpath.dirname(source.path.rstrip("/")) or "."
        path = source.split_file or f"{above}/{split_file}"
        wanted = _subset(path, source.subset)
        names = [name for name in names if stem(name) in wanted]
        if not names:
            raise InputError(f"{source.name}: {source.path}: holds nothing of {source.subset}")
    return names[: source.limit]


def _subset(path: str, subset: str) -> set[str]:
    """Stems of the files in one subset. DeepCAD's ids have a folder, ``0000/00000007``."""
    folder, name = posixpath.split(path)
    subsets = Folder(folder or ".").read_json(name)
    if not isinstance(subsets, dict) or subset not in subsets:
        raise InputError(f"{path}: expected an object with {subset!r}")
    return {posixpath.basename(str(one)) for one in subsets[subset]}


def read_designs(
    source: SourceConfig, items: tuple[str, ...], config: PrepareConfig, parse: Parse
) -> Iterator[Part | Refusal]:
    """One part a file; its id is the file's name."""
    assert source.path is not None
    folder = Folder(source.path)
    for name in items:
        try:
            sequence = parse(name, folder.read(name))
        except Unreadable as error:
            yield refused(stem(name), source, error, name)
        else:
            yield written(stem(name), source, sequence, config)


def written(
    part_id: str, source: SourceConfig, sequence: ConstructionSequence, config: PrepareConfig
) -> Part | Refusal:
    """The part that a sequence is, in the language and the style that were asked for."""
    try:
        if config.quantize is not None:
            sequence = quantized(sequence, config.quantize)
        if config.longest is not None:
            sequence = whole(sequence, config.longest)
        program = write(sequence, config.style, config.language)
    except Unreadable as error:
        return Refusal(part_id, source.name, "convert", error.reason, error.detail)
    except InputError as error:
        return Refusal(part_id, source.name, "convert", "no_words", str(error))
    return Part(part_id, source.name, program, sequence.to_json(), ours=True)


def refused(part_id: str, source: SourceConfig, error: Unreadable, place: str) -> Refusal:
    """What is wrong with a file or a row of one, and where."""
    return Refusal(part_id, source.name, "read", error.reason, f"{place}: {error}")


def stem(name: str) -> str:
    """A file's name without folders and suffix."""
    return posixpath.splitext(posixpath.basename(name))[0]
