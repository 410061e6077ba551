"""Two evaluations of the same parts: paired differences, and the parts that changed most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from cadvlm.config.compare import CompareConfig
from cadvlm.config.execution import Limits
from cadvlm.errors import InputError
from cadvlm.evaluation.actors import Drawing, Scorer, Thing
from cadvlm.evaluation.gallery import drawings
from cadvlm.evaluation.pool import actors, available
from cadvlm.evaluation.scores import UNSCORED
from cadvlm.evaluation.shards import write
from cadvlm.execution.result import Status
from cadvlm.records import CadProgram
from cadvlm.references.reference import Reference
from cadvlm.reports import comparison as report
from cadvlm.scoring import METRICS
from cadvlm.scoring.paired import differences
from cadvlm.storage import Folder

COMPARED = (
    *(name for name in METRICS if name != "chamfer_floor"),  # which is the reference's
    "tokens",
    "operations",
    "edit_survival",
    "operation_recall",
    "parameter_error",
)

CHANGED_SCHEMA = pa.schema(
    {
        "group": pa.string(),
        "id": pa.string(),
        **{
            f"{run}_{key}": pa.float64() if key == "iou" else pa.string()
            for run in "ab"
            for key in ("status", "error", "iou", "code")
        },
        **{f"{name}_picture": pa.binary() for name in ("reference", "a", "b")},
    }
)
"""The parts that a comparison shows; ``group`` is better or worse."""

Row = Mapping[str, Any]


class Paired(NamedTuple):
    """The rows of two runs, by what can be said of them."""

    both: list[tuple[Row, Row]]
    """Judged in both, against the same reference."""
    only_a: list[str]
    only_b: list[str]
    unscored: list[str]
    """Not judged in one of them."""
    other_reference: list[str]
    """The same id, and another part."""


def compare(config: CompareConfig) -> dict[str, Any]:
    """Fill the folder and return the content of ``compare.json``. Needs a Ray session.

    Raises:
        InputError: there is no finished evaluation, or the two have no part in common.
    """
    a, b, out = _rows(config.a), _rows(config.b), Folder(config.out)
    paired = pair(a, b)
    if not paired.both:
        raise InputError(f"{config.a} and {config.b} have judged no part in common")
    summary = _summary(config, paired)
    groups = changed(paired.both, config.shown)
    out.write_json("compare.json", summary)
    write(out, report.CHANGED, _drawn(config, groups))
    report.write(out)
    return summary


def pair(a: Mapping[str, Row], b: Mapping[str, Row]) -> Paired:
    """Two runs' rows by id, sorted into what can be compared and what cannot."""
    paired = Paired([], [id_ for id_ in a if id_ not in b], [id_ for id_ in b if id_ not in a],
                    [], [])  # fmt: skip
    for id_ in a:
        if id_ not in b:
            continue
        one, other = a[id_], b[id_]
        if one["reference"] != other["reference"]:
            paired.other_reference.append(id_)
        elif UNSCORED in (one["status"], other["status"]):
            paired.unscored.append(id_)
        else:
            paired.both.append((one, other))
    return paired


def changed(pairs: Sequence[tuple[Row, Row]], most: int) -> dict[str, list[tuple[Row, Row]]]:
    """The parts whose IoU rose and fell most, or that only one run builds, the largest first."""

    def change(one: tuple[Row, Row]) -> tuple[float, int]:
        a, b = one
        built = (b["status"] == Status.OK) - (a["status"] == Status.OK)
        return round(b["iou"] - a["iou"], 6), built

    ranked = sorted(pairs, key=change, reverse=True)
    return {
        "better": [one for one in ranked if change(one) > (0, 0)][:most],
        "worse": [one for one in reversed(ranked) if change(one) < (0, 0)][:most],
    }


def _summary(config: CompareConfig, paired: Paired) -> dict[str, Any]:
    groups: dict[str, list[tuple[Row, Row]]] = {}
    for one in paired.both:
        groups.setdefault(one[0]["source"], []).append(one)
    turns = Counter((one["status"], other["status"]) for one, other in paired.both)
    return {
        "a": config.a,
        "b": config.b,
        "seed": config.seed,
        "n": len(paired.both),
        **{name: ids for name, ids in paired._asdict().items() if name != "both"},
        "differences": differences(paired.both, COMPARED, seed=config.seed),
        "by_source": {
            source: {"n": len(rows), **differences(rows, COMPARED, seed=config.seed)}
            for source, rows in sorted(groups.items())
        },
        "turns": [{"a": a, "b": b, "n": n} for (a, b), n in turns.most_common()],
    }


def _rows(uri: str) -> dict[str, Row]:
    folder = Folder(uri)
    if not folder.exists("scores.parquet"):
        raise InputError(f"{uri}: no finished evaluation here (scores.parquet is missing)")
    table = pq.read_table(pa.BufferReader(folder.read("scores.parquet")))
    return {row["id"]: row for row in table.to_pylist()}


def _drawn(config: CompareConfig, groups: Mapping[str, list[tuple[Row, Row]]]) -> pa.Table:
    shown = [(group, a, b) for group, pairs in groups.items() for a, b in pairs]
    things = [(_reference(a), _program(a), _program(b)) for _, a, b in shown]
    rows = [
        {
            "group": group,
            "id": a["id"],
            **{f"{run}_{key}": row[key] for run, row in (("a", a), ("b", b))
               for key in ("status", "error", "iou", "code")},
            "reference_picture": reference.picture,
            "a_picture": one.picture,
            "b_picture": other.picture,
        }
        for (group, a, b), (reference, one, other) in zip(
            shown, _pictures(config, things), strict=True
        )
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=CHANGED_SCHEMA)


def _pictures(config: CompareConfig, things: Sequence[Sequence[Thing]]) -> Iterator[list[Drawing]]:
    if not things:
        return
    limits = Limits.parse(Folder(config.b).read_json("config.json")["config"]["limits"])
    scorers = min(config.scorers or available("CPU"), len(things))
    with actors(Scorer, scorers, limits, config.seed, cpus=1.0) as pool:
        yield from drawings(pool, things)


def _reference(row: Row) -> Reference:
    program = CadProgram(row["reference"], row["reference_language"]) if row["reference"] else None
    return Reference(row["id"], row["source"], program, row["reference_file"])


def _program(row: Row) -> CadProgram | None:
    """What there is to draw: a program that failed is not run again for it."""
    built = row["status"] == Status.OK
    return CadProgram(row["code"], row["language"]) if built else None
