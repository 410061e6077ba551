"""Finding the files of a source that ships as a folder."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from cadvlm.config.data import SourceConfig
from cadvlm.errors import InputError
from cadvlm.storage import Folder


def find(source: SourceConfig, *suffixes: str) -> list[str]:
    """Names of the source's files, sorted, relative to its path, at most ``source.limit``.

    Args:
        source: with a path.
        suffixes: of the files, in small letters; in the folder they may be capitals.

    Raises:
        InputError: no such folder, or no such file in it.
    """
    return everything(source, *suffixes)[: source.limit]


def everything(source: SourceConfig, *suffixes: str) -> list[str]:
    """The same without a limit."""
    assert source.path is not None
    folder = Folder(source.path)
    if not folder.exists():
        raise InputError(f"{source.name}: {source.path}: no such folder")
    names = [name for name in folder.names(recursive=True) if name.lower().endswith(suffixes)]
    if not names:
        raise InputError(f"{source.name}: {source.path}: holds no {' or '.join(suffixes)} file")
    return names


def chunks(names: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    """Consecutive groups of at most ``size``."""
    iterator = iter(names)
    while group := tuple(itertools.islice(iterator, size)):
        yield group
