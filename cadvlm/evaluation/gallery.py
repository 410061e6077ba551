"""The cases that a report shows, with their pictures and 3D views.

Only these are drawn, after the scores are known: a picture of every part would cost more than all
the scores, and nobody looks at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

import pyarrow as pa

from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.dataset import Dataset
from cadvlm.evaluation.actors import Drawing, Thing
from cadvlm.evaluation.pool import spread
from cadvlm.evaluation.scores import UNSCORED, Case
from cadvlm.evaluation.shards import write
from cadvlm.execution.result import Status
from cadvlm.records import CadProgram
from cadvlm.references.reference import Reference
from cadvlm.scoring.aggregate import MISSING
from cadvlm.storage import Folder

GALLERY = "gallery.parquet"
"""Name of the file; its rows are in the order in which they are shown."""

GALLERY_SCHEMA = pa.schema(
    {
        "group": pa.string(),
        "id": pa.string(),
        "input": pa.binary(),
        "reference": pa.binary(),
        "prediction": pa.binary(),
        "reference_scene": pa.binary(),
        "prediction_scene": pa.binary(),
        "code": pa.string(),
    }
)
"""PNGs and 3D views by part; ``group`` is best, median, worst, failed, page or control. Those of
group page are not in the gallery, but have a page like all others. The control's row has no id and
no reference; it alone carries its ``code``."""


def write_gallery(
    out: Folder,
    config: EvaluateConfig,
    scores: pa.Table,
    cases: Sequence[Case],
    pool: Sequence[Any],
) -> None:
    """Choose the cases, have them drawn by the scorers, and keep them."""
    rows = scores.select(["id", "status", "iou", "n_faces"]).to_pylist()
    built = {row["id"] for row in rows if row["status"] == Status.OK}
    groups = choose(rows, config.gallery, config.pages)
    by_id = {case.reference.id: case for case in cases}
    chosen = [(group, by_id[id_]) for group, ids in groups.items() for id_ in ids]
    inputs = _inputs(config, {case.reference.id for _, case in chosen})
    shown: list[dict[str, Any]] = [
        {"group": group, "id": case.reference.id, "input": inputs.get(case.reference.id)}
        for group, case in chosen
    ]
    things = [_things(case, case.reference.id in built) for _, case in chosen]
    for program in dict.fromkeys(case.control for case in cases if case.control):
        shown.append({"group": "control", "code": program.code})
        things.append((None, program))
    for row, (reference, prediction) in zip(shown, drawings(pool, things), strict=True):
        row |= {"reference": reference.picture, "reference_scene": reference.scene}
        row |= {"prediction": prediction.picture, "prediction_scene": prediction.scene}
    write(out, GALLERY, pa.Table.from_pylist(shown, schema=GALLERY_SCHEMA))


def choose(scores: Sequence[Mapping[str, Any]], size: int, pages: int = 0) -> dict[str, list[str]]:
    """Ids of the best, the median, the worst and the failed cases; nobody is shown twice.

    Between equal scores the part with more faces comes first: it says more. Failures are taken from
    every class in turn, the commonest class first; those that the gallery has no room for get a
    page as long as there are fewer than ``pages``.
    """
    valid = [row for row in scores if row["status"] == Status.OK]
    ranked = sorted(valid, key=lambda row: (-row["iou"], -(row["n_faces"] or 0), row["id"]))
    each = min(size, -(-len(ranked) // 3))
    best, rest = ranked[:each], ranked[each:]
    middle, worst = rest[: len(rest) - each], rest[len(rest) - each :]
    start = max(0, (len(middle) - each) // 2)
    failures = _failures(scores)
    shown = min(size, len(failures))
    groups = {
        "best": best,
        "median": middle[start : start + each],
        "worst": worst[::-1],
        "failed": failures[:shown],
    }
    left = max(0, pages - sum(len(rows) for rows in groups.values()))
    groups["page"] = failures[shown : shown + left]
    return {group: [row["id"] for row in rows] for group, rows in groups.items()}


def drawings(pool: Sequence[Any], things: Sequence[Sequence[Thing]]) -> Iterator[list[Drawing]]:
    """Every group of things drawn by the scorers, in the order of the groups."""
    drawn: dict[int, list[Drawing]] = {}
    batches = ([(number, [_loaded(one) for one in group])] for number, group in enumerate(things))
    for [(number, group)], answer in spread(pool, "draw", batches):
        drawn[number] = answer or [Drawing()] * len(group)
    return (drawn[number] for number in range(len(things)))


def _loaded(thing: Thing) -> Thing:
    return thing.loaded() if isinstance(thing, Reference) else thing


def _failures(scores: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    classes: dict[str, list[Mapping[str, Any]]] = {}
    for row in scores:
        if row["status"] not in (Status.OK, MISSING, UNSCORED):
            classes.setdefault(row["status"], []).append(row)
    queues = sorted(classes.values(), key=len, reverse=True)
    return [row for row in chain.from_iterable(zip_longest(*queues)) if row is not None]


def _inputs(config: EvaluateConfig, ids: set[str]) -> dict[str, bytes]:
    """The first picture that the model was shown, where there is a dataset of pictures."""
    uri = config.dataset or config.references
    if uri is None or not Folder(uri).exists("manifest.json"):
        return {}
    found: dict[str, bytes] = {}
    for batch in Dataset(uri).batches(config.split, ["id", "images"], 256):
        for id_, images in zip(batch["id"], batch["images"], strict=True):
            if id_.as_py() in ids and len(images):
                found[id_.as_py()] = images[0]["png"].as_py()
    return found


def _things(case: Case, built: bool) -> tuple[Thing, Thing]:
    """What there is to draw: a prediction that failed is not run again for it."""
    if case.prediction is None or not built:
        return case.reference, None
    return case.reference, CadProgram(case.prediction.code, case.prediction.language)
