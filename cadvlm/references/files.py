"""Folders in which a part is a file, named for it."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from pyarrow.fs import FileType

from cadvlm.errors import InputError
from cadvlm.storage import Folder

NAMED_BY_FOLDER = ("Ground_Truth", "Python_Code")
"""In CADPrompt every part is a folder, and these are its files."""


def is_folder(uri: str) -> bool:
    """Whether there is a folder at a path or URI."""
    place = Folder(uri)
    return bool(place.filesystem.get_file_info(place.path).type == FileType.Directory)


def named_files(path: str, suffixes: Sequence[str]) -> dict[str, str]:
    """One file for each part in a folder or below it: id to name, in the order of the ids.

    The id is the file's name without its suffix, or the folder's for a file that is called as in
    CADPrompt. Of a part's several files the one with the earliest of the suffixes counts.

    Raises:
        InputError: there is none, or two that cannot be told apart.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for name in Folder(path).names(recursive=True):
        stem, suffix = posixpath.splitext(name)
        place, stem = posixpath.split(stem)
        if suffix.lower() in suffixes:
            id_ = posixpath.basename(place) if place and stem in NAMED_BY_FOLDER else stem
            found.setdefault(id_, []).append((suffixes.index(suffix.lower()), name))
    if not found:
        raise InputError(f"{path}: a folder without {' or '.join(suffixes)} files")
    for id_, candidates in found.items():
        (rank, name), *others = sorted(candidates)
        if others and others[0][0] == rank:
            raise InputError(f"{path}: both {name} and {others[0][1]} are the part {id_}")
    return {id_: min(candidates)[1] for id_, candidates in sorted(found.items())}
