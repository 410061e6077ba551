"""What was forgotten, to be seen: probes that the first model solved and a trial's does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

import pyarrow as pa

from cadvlm.evaluation.actors import Scorer
from cadvlm.evaluation.gallery import drawings
from cadvlm.evaluation.pool import actors, available
from cadvlm.evaluation.probes.probe import scores
from cadvlm.evaluation.probes.suite import Suite
from cadvlm.evaluation.shards import write
from cadvlm.execution.result import Status
from cadvlm.records import CadProgram
from cadvlm.storage import Folder
from tune.trial import Plan

FILE = "forgotten.parquet"

_SIDES = ("before", "after")

_DRAWN = ("reference", *_SIDES)

_TEXTS = (
    *("trial", "id", "operation", "kind", "prompt", "reference_code"),
    *(f"{side}_{name}" for side in _SIDES for name in ("code", "status", "error")),
)

SCHEMA = pa.schema(
    {
        **dict.fromkeys(_TEXTS, pa.string()),
        **{
            f"{side}_{name}": pa.string() for side in _SIDES for name in ("code", "status", "error")
        },
        **{f"{side}_score": pa.float64() for side in _SIDES},
        "asked": pa.binary(),
        **{f"{name}_picture": pa.binary() for name in _DRAWN},
    }
)
"""``asked`` is the picture that was shown to the model, ``reference`` is the part it is of."""

_LOST = 0.5
"""A probe counts as forgotten when its score has fallen by so much."""


def write_examples(plan: Plan, trials: Sequence[Mapping[str, Any]]) -> None:
    """Choose examples for these trials, each with its last look, have them drawn and keep them."""
    probes = {row["id"]: row for row in Suite.open(plan.suite).probes}
    before = {row["id"]: row for row in scores(Folder(plan.before))}
    rows = [
        _row(trial["name"], probes[id_], before[id_], after[id_])
        for trial in trials
        for after in [{row["id"]: row for row in scores(Folder(f"{trial['at']}/probes"))}]
        for id_ in choose(before, after, plan.sweep.examples)
    ]
    workers = min(available("CPU"), len(rows))
    with actors(Scorer, workers, plan.evaluation.limits, 0, cpus=1.0) as pool:
        things = [[_program(row, name) for name in _DRAWN] for row in rows]
        for row, drawn in zip(rows, drawings(pool, things) if rows else (), strict=True):
            for name, drawing in zip(_DRAWN, drawn, strict=True):
                row[f"{name}_picture"] = drawing.picture
    write(Folder(plan.folder), FILE, pa.Table.from_pylist(rows, schema=SCHEMA))


def choose(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]], size: int
) -> list[str]:
    """Ids of the probes that lost most, those of each operation in turn."""
    losses = {id_: row["score"] - after[id_]["score"] for id_, row in before.items()}
    lost = sorted((id_ for id_, loss in losses.items() if loss >= _LOST), key=lambda i: -losses[i])
    queues: dict[str, list[str]] = {}
    for id_ in lost:
        queues.setdefault(before[id_]["operation"], []).append(id_)
    turns = chain.from_iterable(zip_longest(*queues.values()))
    return [id_ for id_ in turns if id_ is not None][:size]


def _row(
    trial: str, probe: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    answers = {
        f"{side}_{name}": answer[name]
        for side, answer in zip(_SIDES, (before, after), strict=True)
        for name in ("code", "status", "error", "score")
    }
    return {
        "trial": trial,
        **{key: probe[key] for key in ("id", "operation", "kind", "prompt")},
        "reference_code": probe["code"],
        "asked": next(iter(probe["pictures"]), None),
        **answers,
    }


def _program(row: Mapping[str, Any], name: str) -> CadProgram | None:
    """What there is to draw: an answer that failed is not run again for it."""
    if row.get(f"{name}_status", Status.OK) != Status.OK:
        return None
    return CadProgram(row[f"{name}_code"])
