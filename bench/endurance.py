"""python -m bench.endurance [PROGRAMS]: memory and rate of one long evaluation.

Half of the programs are references, half are predictions for them, and every one is executed,
isolated, once. Runs ``jobs.evaluate`` as a user would and watches its processes from outside. Flat
means: no thousand programs need more memory, or longer, than those before.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from bench.watch import ZYGOTE, table, watch
from cadvlm.sequences import synthetic

PROGRAMS = 5000
KINDS = {"ray::Scorer": "scorers", ZYGOTE: "sandboxes", "jobs.evaluate": "driver"}


def main(programs: int) -> None:
    """Run, watch, and print a line for each thousand."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for seed, name in ((0, "references"), (1, "predictions")):
            parts = (synthetic.part(seed, index)[1].code for index in range(programs // 2))
            rows = (json.dumps({"id": str(i), "code": code}) for i, code in enumerate(parts))
            (folder / f"{name}.jsonl").write_text("\n".join(rows))
        keys = [f"{key}={folder}/{key}.jsonl" for key in ("predictions", "references")]
        # The edits of a program are programs, too; here each counts once.
        keys += [f"out={folder}/out", "edits=0", "cluster.address=local"]
        looks = watch(["jobs.evaluate", *keys], lambda: _executed(folder), KINDS)
    table(looks, 1000, KINDS)


def _executed(folder: Path) -> int:
    files = (folder / "out/rows").glob("*.parquet")
    return sum(2 * int(pq.read_metadata(file).num_rows) for file in files)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PROGRAMS)
