"""python -m bench.sources OUT: every folder of the real data through ``jobs.prepare``.

Each is one command, as a user would give it; they share a Ray session here. The table and the
reasons go into docs/sources.md. The folder is found through ``CADVLM_REAL_DATA``.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.dataset as pads

from cadvlm.config.data import PrepareConfig
from cluster.config import ClusterConfig
from cluster.session import session

REAL_DATA = Path(os.environ.get("CADVLM_REAL_DATA", "../shared/data")).resolve()

MANY = 10
"""Rows of one reason that are not listed one by one."""

SOURCES: dict[str, dict[str, str]] = {
    "deepcad": {"name": "deepcad", "path": "deepcad/cad_json"},
    "deepcad (OpenECAD's)": {"name": "deepcad", "path": "openecad/deepcad_json"},
    "text2cad": {"name": "text2cad", "path": "text2cad/prompts.jsonl"},
    "openecad": {"name": "openecad", "path": "openecad/programs.jsonl"},
    "fusion360": {"name": "fusion360", "path": "fusion360"},
    "gencad": {"name": "gencad", "path": "gencad_code/test20.jsonl"},
    "step (GenCAD's)": {"name": "step", "path": "gencad_code/steps"},
    "step (ODRI)": {"name": "step", "path": "odri"},
    "step (FreeCAD library)": {"name": "step", "path": "freecad_library"},
}


def run(out: Path) -> None:
    """Prepare them all and say what became of every file."""
    print("| folder | read | written | same shape | refused | train / val / test | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    refused = []
    with session(ClusterConfig(address="local", cpus=2)):
        for title, source in SOURCES.items():
            line, rows = _prepare(title, source, out / "".join(filter(str.isalnum, title)))
            print(line, flush=True)
            refused += [f"- {title}: {line}" for line in _grouped(rows)]
    print("\n".join(["", *refused]))


def _prepare(title: str, source: dict[str, str], out: Path) -> tuple[str, list[dict[str, Any]]]:
    from cadvlm.data.pipeline import prepare

    placed = {**source, "path": str(REAL_DATA / source["path"])}
    started = time.monotonic()
    manifest = prepare(PrepareConfig.parse({"out": str(out), "sources": [placed]}))
    seconds = time.monotonic() - started
    [books] = manifest["sources"].values()
    twins = books["reasons"].get("duplicate", 0)
    splits = " / ".join(str(count) for count in manifest["splits"].values())
    figures = books["read"], books["written"], twins, books["quarantined"] - twins, splits
    cells = " | ".join(str(figure) for figure in figures)
    return f"| {title} | {cells} | {seconds:.0f} |", _refused(out)


def _grouped(rows: list[dict[str, Any]]) -> list[str]:
    """A line for every row, or one for all of the same reason when they are many."""
    reasons = Counter(row["reason"] for row in rows)
    lines = {}
    for row in rows:
        count = reasons[row["reason"]]
        many = f"{count} times {row['reason']}, as of `{row['id']}`: {row['detail']}"
        one = f"`{row['id']}` {row['reason']}: {row['detail']}"
        lines[row["reason"] if count > MANY else row["id"]] = many if count > MANY else one
    return list(lines.values())


def _refused(out: Path) -> list[dict[str, Any]]:
    if not (out / "quarantine").is_dir():
        return []
    table = pads.dataset(out / "quarantine", format="parquet").to_table(
        columns=["id", "reason", "detail"]
    )
    return [row for row in table.to_pylist() if row["reason"] != "duplicate"]


if __name__ == "__main__":
    run(Path(sys.argv[1]))
