"""python -m bench [STAGE...] [--keep]: our speed beside other ways, in one table.

Stages: ``execution`` (CAD-Coder's procedure, a plain CadQuery loop), ``pictures`` (CadQuery's own
exporter) and ``training`` (the bare steps in torch); all of them where none is named. The last
column is what ``history.json``, beside this file, has of the last run that was kept; the exit code
is 1 where something has become slower since. ``--keep`` adds this run. On a quiet machine.
"""

from __future__ import annotations

import sys

from bench import beside, execution, pictures, training_cost

STAGES = {
    "execution": execution.main,
    "pictures": pictures.main,
    "training": training_cost.main,
}


def main(words: list[str]) -> int:
    """Measure, compare, keep."""
    named = [word for word in words if word != "--keep"]
    if unknown := set(named) - set(STAGES):
        print(f"error: {', '.join(unknown)}: no stage; there are {', '.join(STAGES)}")
        return 2
    rows = [row for name in named or STAGES for row in STAGES[name]()]
    before = beside.last()
    print("", *beside.table(rows, before), sep="\n")
    if "--keep" in words:
        beside.keep(rows)
    return 1 if beside.slower(rows, before) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
