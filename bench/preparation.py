"""python -m bench.preparation [SYNTHETIC]: one long preparation, killed once and continued.

Synthetic parts and all DeepCAD files of the real data (``CADVLM_REAL_DATA``) go through
``jobs.prepare`` as a user would start it. When half of them are built its driver is killed with
SIGKILL, and the same command goes on. At the end every part must have been read once and be one
row: of a split, or of the quarantine.

``python -m bench.preparation scaling [PARTS]``: parts a second on one core and on two.

``python -m bench.preparation core [PARTS]``: processor time of a part, by what it is spent on.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import Counter, defaultdict
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.dataset as pads
import pyarrow.parquet as pq

from bench.clock import timed
from bench.watch import ZYGOTE, Look, table, watch
from cadvlm.config.data import PrepareConfig
from cadvlm.data.pipeline import plan
from cadvlm.data.stages import Build, Run, read
from cadvlm.dataset import SPLITS

SYNTHETIC, SCALED, ALONE = 10_000, 1_280, 320
REAL_DATA = Path(os.environ.get("CADVLM_REAL_DATA", "../shared/data"))
DEEPCAD = REAL_DATA / "deepcad/cad_json"
KINDS = {"MapWorker(": "builders", ZYGOTE: "sandboxes", "jobs.prepare": "driver"}


def endurance(synthetic: int = SYNTHETIC) -> None:
    """The long run; ends with an error when a count is not exact."""
    expected = {"synthetic": synthetic}
    sources: list[dict[str, Any]] = [{"name": "synthetic", "limit": synthetic}]
    if DEEPCAD.is_dir():
        expected["deepcad"] = len(list(DEEPCAD.rglob("*.json")))
        sources.append({"name": "deepcad", "path": str(DEEPCAD)})
    total = sum(expected.values())
    with tempfile.TemporaryDirectory() as out:
        words = _words(sources, out)
        before = watch(words, partial(_built, out), KINDS, kill_at=total // 2)
        print(f"killed when {before[-1].done} of {total} parts were built")
        table(before, 1000, KINDS)
        after = watch(words, partial(_built, out), KINDS)
        print("continued")
        table(after, 1000, KINDS)
        _check(out, expected)


def scaling(parts: int = SCALED) -> None:
    """One worker and two, each in a Ray of its own on so many cores.

    All of Ray is held on them: else one worker had the other core for what Ray does beside it.
    """
    rates = []
    every = sorted(os.sched_getaffinity(0))
    for cores in (1, 2):
        os.sched_setaffinity(0, every[:cores])
        with tempfile.TemporaryDirectory() as out:
            words = _words([{"name": "synthetic", "limit": parts}], out, rows=64)
            words.append(f"cluster.cpus={cores}")
            rates.append(_rate(watch(words, partial(_built, out), KINDS), parts))
            print(f"{cores} of {len(every)} cores {rates[-1]:10.1f} parts a second")
    print(f"{rates[1] / rates[0]:.2f} times as fast")


def core(parts: int = ALONE) -> None:
    """One process and its sandbox, shard after shard, with and without a picture."""
    print("processor ms a part".ljust(24) + "parts a second on one core".rjust(30))
    for source in ({"name": "synthetic"}, {"name": "deepcad", "path": str(DEEPCAD)}):
        if "path" in source and not DEEPCAD.is_dir():
            continue
        spent = _spent({**source, "limit": parts})
        print(source["name"])
        for what, seconds in spent.items():
            print(f"  {what:22}{1000 * seconds / parts:8.1f}{parts / seconds:22.1f}")


def _spent(source: dict[str, Any]) -> dict[str, float]:
    """Seconds for all parts of a source."""
    with tempfile.TemporaryDirectory() as out:
        tree = {"sources": [source], "out": out, "shard_rows": 32}
        plain, drawn = (
            Run(PrepareConfig.parse({**tree, "pictures": {"views": views, "size": 336}}), "bench")
            for views in ((), ("iso",))
        )
        build, draw = Build(plain), Build(drawn)
        shards = list(plan(plain.config))
        draw(read(shards[0], drawn))  # compiles and imports what a long run pays for once
        spent: defaultdict[str, float] = defaultdict(float)
        for shard in shards:
            rows, converts = timed(partial(read, shard, plain))
            _, builds = timed(partial(build, rows))
            _, draws = timed(partial(draw, rows))
            spent["convert"] += converts
            spent["execute and check"] += builds
            spent["convert, execute, check"] += converts + builds
            spent["with a picture"] += converts + draws
        return dict(spent)


def _words(sources: list[dict[str, Any]], out: str, rows: int = 32) -> list[str]:
    keys = [
        f"sources={json.dumps(sources)}",
        f"out={out}",
        f"shard_rows={rows}",
        "cluster.address=local",
    ]
    return ["jobs.prepare", *keys]


def _built(out: str) -> int:
    """Parts whose shards are staged."""
    files = [*Path(out, "staged/built").glob("*"), *Path(out, "staged/refused").glob("*")]
    try:
        return sum(int(pq.read_metadata(file).num_rows) for file in files)
    except FileNotFoundError:  # the dataset has just been finished
        return 0


def _rate(looks: list[Look], parts: int) -> float:
    """Parts a second between an eighth and seven eighths: all workers are warm, none has ended."""
    seen = [look for look in looks if parts / 8 <= look.done <= 7 * parts / 8]
    return (seen[-1].done - seen[0].done) / (seen[-1].seconds - seen[0].seconds)


def _check(out: str, expected: dict[str, int]) -> None:
    folders = [f"{out}/{name}" for name in (*SPLITS, "quarantine") if Path(out, name).exists()]
    rows: Counter[tuple[str, str]] = Counter()
    for folder in folders:
        for row in pads.dataset(folder).to_table(columns=["source", "id"]).to_pylist():
            rows[row["source"], row["id"]] += 1
    found = Counter(source for source, _ in rows.elements())
    repeated = [row for row, count in rows.items() if count > 1]
    if repeated or found != expected:
        sys.exit(f"expected {expected}, found {dict(found)}; more than once: {repeated[:5]}")
    print(f"counts are exact: {dict(found)}, each once")
    for name, books in json.loads(Path(out, "manifest.json").read_text())["sources"].items():
        print(f"  {name}: {books['written']} written, {books['reasons']}")


if __name__ == "__main__":
    words = sys.argv[1:]
    work = {"scaling": scaling, "core": core}.get(words[0]) if words else None
    (work or endurance)(*map(int, words[1:] if work else words))
