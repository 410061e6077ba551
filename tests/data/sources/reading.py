"""Reading a source from end to end, as a run does it."""

from __future__ import annotations

from itertools import chain
from typing import Any

from cadvlm.config.data import PrepareConfig
from cadvlm.data.sources import reader
from cadvlm.records import Part, Refusal


def settings(name: str, path: object, options: dict[str, Any], **config: Any) -> PrepareConfig:
    source = {"name": name, "path": str(path), **options}
    return PrepareConfig.parse({"sources": [source], "out": "unused", "shard_rows": 2, **config})


def units(name: str, path: object, **options: Any) -> list[tuple[str, ...]]:
    """What the shards read, two rows each."""
    config = settings(name, path, options)
    return list(reader(name).shards(config.sources[0], config.shard_rows))


def rows(name: str, path: object, /, _config: dict[str, Any] | None = None, **options: Any) -> Any:
    """Everything that is read, by id."""
    config = settings(name, path, options, **(_config or {}))
    [source] = config.sources
    # All of them first: a file in memory has one position for all who read it.
    shards = list(reader(name).shards(source, config.shard_rows))
    found = list(chain.from_iterable(reader(name).read(source, items, config) for items in shards))
    by_id = {row.id: row for row in found}
    assert len(by_id) == len(found), "an id came twice"
    return by_id


def parts(found: dict[str, Part | Refusal]) -> dict[str, Part]:
    return {id_: row for id_, row in found.items() if isinstance(row, Part)}


def reasons(found: dict[str, Part | Refusal]) -> dict[str, str]:
    """Of those that were refused."""
    return {id_: row.reason for id_, row in found.items() if isinstance(row, Refusal)}
