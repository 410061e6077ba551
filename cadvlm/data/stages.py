"""The stages of preparation, each a plain callable on one shard.

:func:`read` turns a shard's files into parts, :class:`Build` makes samples of them, and
:func:`put_aside` stages these until all shapes are known (see :mod:`cadvlm.data.finish`). What one
stage refuses travels along: rows read = rows written + rows quarantined.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from cadvlm.config.data import PrepareConfig
from cadvlm.data import excluded
from cadvlm.data.attempts import DEATHS, survive
from cadvlm.data.builder import Builder
from cadvlm.data.sources import reader
from cadvlm.data.staging import Staging
from cadvlm.records import Part, Refusal, Sample
from cadvlm.storage import Folder

Shard = dict[str, Any]
"""One shard on its way: its ``name``, the number of its ``source`` (or ``excluded.NUMBER``), and
pickled ``items``, which are to be read, or ``rows``, our own records."""

_DIED = f"{DEATHS + 1} workers died over it"


class Run(NamedTuple):
    """What the stages of one run share."""

    config: PrepareConfig
    id: str
    """Of this run alone: notes that workers left in another one say nothing."""

    @property
    def staging(self) -> Staging:
        """Where shards wait until all are built."""
        return Staging(Folder(self.config.out))


def read(shard: Shard, run: Run) -> Shard:
    """Files to parts."""
    name, number = shard["name"], shard["source"]
    items: Sequence[Any] = pickle.loads(shard["items"])
    if number == excluded.NUMBER:
        rows = excluded.read(items)
    else:
        label = run.config.labels[number]
        work = partial(_read, number=number, config=run.config)
        refuse = partial(Refusal, source=label, stage="read", reason="crash", detail=_DIED)
        rows = survive(run.staging.notes, f"read-{name}", run.id, items, work, refuse)
    return {"name": name, "source": number, "rows": pickle.dumps(rows)}


def _read(items: Sequence[str], number: int, config: PrepareConfig) -> list[Part | Refusal]:
    source, label = config.sources[number], config.labels[number]
    rows = reader(source.name).read(source, tuple(items), config)
    return [replace(row, source=label) for row in rows]


class Build:
    """Parts to samples, in an actor that stays warm."""

    def __init__(self, run: Run, builder: type[Builder] = Builder) -> None:
        self._run, self._builder = run, builder(run.config)

    def __call__(self, shard: Shard) -> Shard:
        rows: list[Part | Refusal] = pickle.loads(shard["rows"])
        work = partial(self._builder.build, any_length=shard["source"] == excluded.NUMBER)
        task, notes = f"build-{shard['name']}", self._run.staging.notes
        built = survive(notes, task, self._run.id, rows, work, _died)
        return {"name": shard["name"], "rows": pickle.dumps(built)}


def _died(row: Part | Refusal) -> Sample | Refusal:
    code = row.program.code if isinstance(row, Part) and row.program else None
    return Refusal(row.id, row.source, "execute", "crash", _DIED, code)


def put_aside(shard: Shard, run: Run) -> dict[str, Any]:
    """Samples and refusals to storage, and how many there were to the driver."""
    rows: list[Sample | Refusal] = pickle.loads(shard["rows"])
    samples = [row for row in rows if isinstance(row, Sample)]
    refusals = [row for row in rows if isinstance(row, Refusal)]
    run.staging.put(shard["name"], samples, refusals)
    return {"name": shard["name"], "read": len(rows), "refused": len(refusals)}
