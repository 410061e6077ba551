"""Evaluation sets whose shapes no row may have.

Of a dataset folder that is its test split, in which the shape keys stand. Programs and shape files
are built and measured as parts of any source are, in shards of their own that become no rows.
"""

from __future__ import annotations

import pickle
import posixpath
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from cadvlm.config.data import PrepareConfig
from cadvlm.data.staging import COLUMNS, Keys, Staging, joined, keys_of
from cadvlm.dataset import Dataset
from cadvlm.records import Part, Refusal
from cadvlm.references.reference import Reference, read_references
from cadvlm.storage import Folder

NUMBER = -1
"""What their shards have in place of the number of a source."""

_KINDS = {"stp": "step"}


def plan(config: PrepareConfig) -> Iterator[dict[str, Any]]:
    """A shard for every few references that have to be built before they can be compared with.

    Raises:
        InputError: a path of ``exclude`` is not there, or holds nothing to compare with.
    """
    for number, path in enumerate(config.exclude):
        if _is_dataset(path):
            continue
        references = [(path, reference) for reference in read_references(path, "test")]
        for start in range(0, len(references), config.shard_rows):
            some = references[start : start + config.shard_rows]
            name = f"{_prefix(number)}{start:08}"
            yield {"name": name, "source": NUMBER, "items": pickle.dumps(some)}


def read(references: Sequence[tuple[str, Reference]]) -> list[Part | Refusal]:
    """References as parts that are measured and not drawn."""
    return [_part(path, reference.loaded()) for path, reference in references]


class Excluded(NamedTuple):
    """One evaluation set."""

    path: str
    keys: Keys
    """Of the parts that could be measured."""
    unmeasured: int
    """Parts that could not, with which nothing was compared."""


def measured(config: PrepareConfig, staging: Staging) -> Iterator[Excluded]:
    """Every path of ``exclude``, once the shards of :func:`plan` are staged."""
    staged = sorted(staging.names())
    for number, path in enumerate(config.exclude):
        if _is_dataset(path):
            keys = keys_of(Dataset(path).read("test", COLUMNS))
            yield Excluded(path, keys, 0)
            continue
        shards = [name for name in staged if name.startswith(_prefix(number))]
        refused = sum(staging.get(name).refused.num_rows for name in shards)
        yield Excluded(path, joined(staging.keys(shards)), refused)


def _part(path: str, reference: Reference) -> Part | Refusal:
    if reference.file is None:
        return Part(reference.id, path, reference.program, images=())
    if reference.content is None:
        return Refusal(reference.id, path, "read", "unreadable", reference.file)
    suffix = posixpath.splitext(reference.file)[1].lower().removeprefix(".")
    kind = _KINDS.get(suffix, suffix)
    return Part(reference.id, path, images=(), shape=reference.content, shape_kind=kind)


def _prefix(number: int) -> str:
    return f"excluded-{number:02}-"


def _is_dataset(path: str) -> bool:
    return Folder(path).exists("manifest.json")
