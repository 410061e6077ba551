"""python -m bench.execution [PROGRAMS]: execution and ``iou_best`` beside CAD-Coder's procedure.

And execution beside a plain process pool. The same programs on the same machine in one process
each, interleaved program by program, so that whatever else happens on the machine happens to all.
What counts is processor time, which a busy neighbour hardly changes. Programs and reference STEP
files are GenCAD-Code's where the real data is (``CADVLM_REAL_DATA``), else synthetic parts.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from bench import cad_coder, pool
from bench.beside import Beside, beside, table
from bench.clock import timed
from cadvlm.execution.sandbox import Sandbox
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram
from cadvlm.scoring.iou_best import iou_best
from cadvlm.sequences import synthetic

PROGRAMS = 20
REAL_DATA = Path(os.environ.get("CADVLM_REAL_DATA", "../shared/data"))
COLUMNS = "execute: peer", "pool", "ours", "iou_best: peer", "ours"


class Item(NamedTuple):
    """A program, and the STEP file of the part that it should build."""

    name: str
    code: str
    reference: Path


def main(count: int = PROGRAMS) -> list[Beside]:
    """Measure; print a line for each program, and return what they say together."""
    rows: list[list[float]] = []
    differences: list[float] = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        Sandbox() as sandbox,
        ProcessPoolExecutor(1, get_context("spawn")) as plain,
    ):
        folder = Path(scratch)
        items = list(islice(_items(sandbox, folder), count))
        _measure(sandbox, plain, items[0], folder)  # what a long run pays for once
        print("processor seconds".ljust(20) + "".join(name.rjust(16) for name in COLUMNS))
        for item in items:
            measured = _measure(sandbox, plain, item, folder)
            if measured is None:
                print(f"{item.name:20}    left out: one of them builds nothing")
                continue
            seconds, difference = measured
            rows.append(seconds)
            differences.append(difference)
            print(item.name.ljust(20) + "".join(f"{figure:16.3f}" for figure in seconds))
    print(f"iou_best differs by {max(differences):.1e} at most, over {len(differences)} programs")
    peer, pooled, ours, peer_score, our_score = zip(*rows, strict=True)
    return [
        beside("execute", "CAD-Coder's procedure", peer, ours),
        beside("execute", "a plain process pool", pooled, ours),
        beside("iou_best", "CAD-Coder's procedure", peer_score, our_score),
    ]


def _measure(
    sandbox: Sandbox, plain: ProcessPoolExecutor, item: Item, folder: Path
) -> tuple[list[float], float] | None:
    """Seconds in the order of ``COLUMNS``, and by how much the two scores differ."""
    step, peer_executes = timed(lambda: cad_coder.execute(item.code, folder))
    pooled = plain.submit(pool.build, item.code).result()
    result, we_execute = timed(lambda: sandbox.run(CadProgram(item.code)))
    solid = result.unsound or result.solid  # to the letter: bodies that are no valid solids count
    if step is None or pooled is None or solid is None:
        return None
    theirs, peer_scores = timed(lambda: cad_coder.iou_best(step, item.reference))
    ours, we_score = timed(lambda: _score(sandbox, solid, item))
    return [peer_executes, pooled, we_execute, peer_scores, we_score], abs(theirs - ours)


def _items(sandbox: Sandbox, folder: Path) -> Iterator[Item]:
    """GenCAD-Code's test samples, then synthetic parts without end."""
    file = REAL_DATA / "gencad_code/test20.jsonl"
    for line in file.read_text().splitlines() if file.exists() else ():
        row = json.loads(line)
        name = Path(row["image"]).stem
        step = REAL_DATA / f"gencad_code/steps/{name.rpartition('_')[0]}.step"
        yield Item(name, row["ground_truth"], step)
    for index in range(sys.maxsize):
        _, program = synthetic.part(0, index)
        code = program.code.replace("result =", "solid =")  # the name that the peer looks for
        solid = sandbox.run(program, exports=["step"]).solid
        if solid is not None:
            step = folder / f"reference-{index}.step"
            step.write_bytes(solid.files["step"])
            yield Item(f"synthetic-{index}", code, step)


def _score(sandbox: Sandbox, solid: Solid, item: Item) -> float:
    """As the peer does, with the reading of the reference in it."""
    reference = sandbox.read(item.reference.read_bytes(), "step").solid
    return iou_best(solid, reference) if reference else float("nan")


if __name__ == "__main__":
    print(*table(main(*map(int, sys.argv[1:]))), sep="\n")
