"""Finding the files of a source that ships as a folder."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from cadvlm.config.data import SourceConfig
from cadvlm.errors import InputError
from cadvlm.storage import Folder


def find(source: SourceConfig, suffix: str) -> list[str]:
    """Names of the source's files, sorted, relative to its path, at most ``source.limit``.

    Raises:
        InputError: no such folder, or no such file in it.
    """
    assert source.path is not None
    folder = Folder(source.path)
    if not folder.exists():
        raise InputError(f"{source.name}: {source.path}: no such folder")
    names = folder.names(suffix, recursive=True)
    if not names:
        raise InputError(f"{source.name}: {source.path}: holds no {suffix} file")
    return names[: source.limit]


def chunks(names: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    """Consecutive groups of at most ``size``."""
    iterator = iter(names)
    while group := tuple(itertools.islice(iterator, size)):
        yield group
